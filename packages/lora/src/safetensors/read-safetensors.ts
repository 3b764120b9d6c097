import type { ByteSource } from "../byte-source.ts";
import { badSafetensors } from "./safetensors-error.ts";
import { headerLength, parseHeader, type SafetensorsHeader, type TensorInfo } from "./safetensors-header.ts";

export interface Tensor extends TensorInfo {
  /** A view of the file's bytes; at any alignment, so copy before making a typed array of another kind. */
  readonly data: Uint8Array;
}

export interface SafetensorsFile extends SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** All tensor bytes: the file after its header. */
  readonly data: Uint8Array;
}

/** Reads a whole file in memory without copying its tensors. Throws UserError `bad-safetensors`. */
export function readSafetensors(file: Uint8Array): SafetensorsFile {
  const length = headerLength(file.subarray(0, 8), file.length);
  const header = parseHeader(file.subarray(8, 8 + length), file.length);
  const data = file.subarray(header.dataStart);
  const tensors = new Map<string, Tensor>();
  for (const [name, info] of header.tensors) {
    tensors.set(name, { ...info, data: data.subarray(info.begin, info.end) });
  }
  return { ...header, tensors, data };
}

/** Enough for the header of most LoRAs, so that one read answers; a few hundred KiB cost no more time than one byte. */
const FIRST_READ_BYTES = 256 * 1024;

/**
 * Reads the header alone, in one or two ranged reads however large the file is. Throws UserError `bad-safetensors`.
 */
export async function readSafetensorsHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const first = await source.bytes(0, Math.min(source.size, FIRST_READ_BYTES));
  const length = headerLength(first.subarray(0, 8), source.size);
  const rest = 8 + length > first.length ? await source.bytes(first.length, 8 + length) : new Uint8Array();
  const head = rest.length === 0 ? first : Buffer.concat([first, rest]);
  if (head.length < 8 + length) throw badSafetensors("InvalidHeaderLength", "it ended while its header was read");
  return parseHeader(head.subarray(8, 8 + length), source.size);
}

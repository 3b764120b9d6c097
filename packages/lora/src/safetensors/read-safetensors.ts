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

/**
 * Reads the header alone, through a function that answers the bytes from `start` to `end` (exclusive) of the file:
 * two small reads, whatever the file's size.
 */
export async function readSafetensorsHeader(
  fileBytes: number,
  readRange: (start: number, end: number) => Promise<Uint8Array>,
): Promise<SafetensorsHeader> {
  if (fileBytes < 8) throw badSafetensors("HeaderTooSmall", "it is shorter than 8 bytes");
  const length = headerLength(await readRange(0, 8), fileBytes);
  const json = await readRange(8, 8 + length);
  if (json.length !== length) throw badSafetensors("InvalidHeaderLength", "it ended while its header was read");
  return parseHeader(json, fileBytes);
}

import { type Dtype, dtypeBits, isDtype } from "./dtypes.ts";
import { type HeaderObject, type HeaderValue, parseHeaderJson } from "./header-json.ts";
import { badSafetensors } from "./safetensors-error.ts";

export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes within the data section, end exclusive. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Where the data section starts in the file, in bytes. */
  readonly dataStart: number;
}

const MAX_HEADER_BYTES = 100_000_000;
const MAX_TENSORS = 1_000_000;
const MAX_RANK = 16;
const MAX_NAME_LENGTH = 4096;

/** Bytes of the JSON header, from the first 8 bytes of a file; checked against the file's size before anything is read. */
export function headerLength(first8: Uint8Array, fileBytes: number): number {
  if (fileBytes < 8 || first8.length < 8) throw badSafetensors("HeaderTooSmall", "it is shorter than 8 bytes");
  const length = new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) throw badSafetensors("HeaderTooLarge", `its header claims ${length} bytes`);
  if (8 + Number(length) > fileBytes) {
    throw badSafetensors("InvalidHeaderLength", `its header claims ${length} bytes, the file has ${fileBytes}`);
  }
  return Number(length);
}

/**
 * Reads and checks the JSON header. `json` are the bytes between the length and the data, `fileBytes` the size of the
 * whole file; no tensor is looked at. Throws UserError `bad-safetensors`.
 */
export function parseHeader(json: Uint8Array, fileBytes: number): SafetensorsHeader {
  const entries = decode(json);
  const metadata = readMetadata(entries.get("__metadata__"));
  const infos: TensorInfo[] = [];
  for (const [name, value] of entries) if (name !== "__metadata__") infos.push(readInfo(name, value));
  if (infos.length > MAX_TENSORS) throw malformed(`it lists ${infos.length} tensors, more than ${MAX_TENSORS}`);
  infos.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const dataBytes = checkLayout(infos);
  const dataStart = 8 + json.length;
  if (dataStart + dataBytes !== fileBytes) {
    const expected = dataStart + dataBytes;
    throw badSafetensors(
      "MetadataIncompleteBuffer",
      `its header describes ${expected} bytes, the file has ${fileBytes}`,
    );
  }
  return { tensors: new Map(infos.map((info) => [info.name, info])), metadata, dataStart };
}

const malformed = (message: string) => badSafetensors("InvalidHeaderDeserialization", message);

function decode(json: Uint8Array): HeaderObject {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw badSafetensors("InvalidHeader", "its header is not UTF-8");
  }
  try {
    return parseHeaderJson(text);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

function readMetadata(value: HeaderValue | undefined): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (!(value instanceof Map)) throw malformed("__metadata__ is not an object");
  for (const [key, text] of value) if (typeof text !== "string") throw malformed(`metadata "${key}" is not a string`);
  return value as ReadonlyMap<string, string>;
}

const isSize = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);

function readInfo(name: string, value: HeaderValue): TensorInfo {
  const shown = JSON.stringify(name.slice(0, 80));
  if (name.length > MAX_NAME_LENGTH) throw malformed(`the tensor name ${shown}… is too long`);
  if (!(value instanceof Map)) throw malformed(`tensor ${shown} is not described by an object`);
  const dtype: unknown = value.get("dtype");
  const shape: unknown = value.get("shape");
  const offsets: unknown = value.get("data_offsets");
  if (typeof dtype !== "string" || !isDtype(dtype)) throw malformed(`tensor ${shown} has an unknown dtype`);
  if (!Array.isArray(shape) || !shape.every(isSize)) throw malformed(`tensor ${shown} has no valid shape`);
  if (shape.length > MAX_RANK) throw malformed(`tensor ${shown} has more than ${MAX_RANK} dimensions`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw malformed(`tensor ${shown} has no valid data_offsets`);
  }
  return { name, dtype, shape, begin: offsets[0] as number, end: offsets[1] as number };
}

/** Tensors must follow one another without holes or overlaps from byte 0 on; answers where the last one ends. */
function checkLayout(infos: readonly TensorInfo[]): number {
  let end = 0;
  for (const info of infos) {
    const shown = JSON.stringify(info.name.slice(0, 80));
    if (info.begin !== end || info.end < info.begin) {
      throw badSafetensors("InvalidOffset", `tensor ${shown} does not start where the one before it ends`);
    }
    const bytes = tensorBytes(info, shown);
    if (info.end - info.begin !== bytes) {
      throw badSafetensors(
        "TensorInvalidInfo",
        `tensor ${shown} needs ${bytes} bytes and has ${info.end - info.begin}`,
      );
    }
    end = info.end;
  }
  return end;
}

function tensorBytes(info: TensorInfo, shown: string): number {
  const bits = info.shape.reduce((product, size) => product * BigInt(size), BigInt(dtypeBits[info.dtype]));
  if (bits >= 1n << 64n) throw badSafetensors("ValidationOverflow", `tensor ${shown} is too large to be real`);
  if (bits % 8n !== 0n) throw badSafetensors("MisalignedSlice", `tensor ${shown} does not end at a whole byte`);
  return Number(bits / 8n);
}

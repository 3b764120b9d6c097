import { compareDtypes, type Dtype, dtypeBits } from "./dtypes.ts";
import { readSafetensors } from "./read-safetensors.ts";

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/**
 * Writes a file as the reference does (widest dtype first, then by name, no gaps, data 8-aligned) with the metadata
 * sorted, so that equal content gives equal bytes. Throws RangeError when a tensor's bytes do not fit its shape.
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort((a, b) => compareDtypes(a.dtype, b.dtype) || compareNames(a.name, b.name));
  const seen = new Set<string>();
  const entries: string[] = [];
  let end = 0;
  for (const { name, dtype, shape, data } of sorted) {
    const bits = shape.reduce((product, size) => product * size, dtypeBits[dtype]);
    if (bits !== data.length * 8)
      throw new RangeError(`tensor ${name} has ${data.length} bytes, its shape ${bits / 8}`);
    if (seen.has(name) || name === "__metadata__") throw new RangeError(`tensor name ${name} cannot be used`);
    seen.add(name);
    const info = { dtype, shape, data_offsets: [end, end + data.length] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
    end += data.length;
  }
  const header = encodeHeader(metadata, entries);
  const file = new Uint8Array(header.length + end);
  file.set(header);
  let at = header.length;
  for (const { data } of sorted) {
    file.set(data, at);
    at += data.length;
  }
  return file;
}

/** The same file with other metadata: no tensor byte changes, so the hashes over tensors survive. */
export function replaceMetadata(file: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const { tensors, data } = readSafetensors(file);
  const entries = [...tensors.values()].map(
    ({ name, dtype, shape, begin, end }) =>
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
  );
  const header = encodeHeader(metadata, entries);
  const copy = new Uint8Array(header.length + data.length);
  copy.set(header);
  copy.set(data, header.length);
  return copy;
}

/** Length and JSON, padded with spaces so that the data starts at a multiple of 8. */
function encodeHeader(metadata: Readonly<Record<string, string>>, entries: readonly string[]): Uint8Array {
  const pairs = Object.entries(metadata)
    .sort(([a], [b]) => compareNames(a, b))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const all = pairs.length === 0 ? entries : [`"__metadata__":{${pairs.join(",")}}`, ...entries];
  const json = new TextEncoder().encode(`{${all.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

/** By UTF-16 units: the same on every machine, unlike localeCompare. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

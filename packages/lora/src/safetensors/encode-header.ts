import type { TensorInfo } from "./safetensors-header.ts";

export type Metadata = Readonly<Record<string, string>>;

/** One tensor's line of the header. */
export function tensorEntry({ name, dtype, shape, begin, end }: TensorInfo): string {
  return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
}

/**
 * Length and JSON, metadata first and sorted by UTF-16 units (the same on every machine, unlike localeCompare), padded
 * with spaces so that the data starts at a multiple of 8, or at `dataStart` when the header fits before it.
 */
export function encodeHeader(entries: readonly string[], metadata: Metadata, dataStart = 0): Uint8Array {
  const pairs = Object.entries(metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const all = pairs.length === 0 ? entries : [`"__metadata__":{${pairs.join(",")}}`, ...entries];
  const json = new TextEncoder().encode(`{${all.join(",")}}`);
  const length = 8 + json.length <= dataStart ? dataStart - 8 : Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

import { copyRange, memorySource } from "../byte-source.ts";
import { compareDtypes, type Dtype, dtypeBits } from "./dtypes.ts";
import { encodeHeader, type Metadata, tensorEntry } from "./encode-header.ts";

/** A tensor whose bytes come later: what the header must know before any body is opened. */
export interface StreamedTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Opened once, when its turn comes, and read to its end before the next one is opened. */
  readonly body: () => AsyncIterable<Uint8Array>;
}

export interface TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A file on its way out: its length is known before its first byte. The chunks can be read once. */
export interface ByteStream {
  readonly size: number;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Writes a file as the reference does (widest dtype first, then by name, no gaps, data 8-aligned) with the metadata
 * sorted, so that equal content gives equal bytes. Throws RangeError when a tensor's bytes do not fit its shape.
 */
export function writeSafetensors(tensors: readonly TensorToWrite[], metadata: Metadata = {}): Uint8Array {
  const { sorted, header, dataBytes } = layOut(tensors, metadata);
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  let at = header.length;
  for (const { name, data, bytes } of sorted) {
    if (data.length !== bytes) throw wrongLength(name, data.length, bytes);
    file.set(data, at);
    at += bytes;
  }
  return file;
}

/**
 * The same file as `writeSafetensors` makes, with one chunk of one body in memory at a time. Throws RangeError, at once
 * for names and shapes and while streaming for bodies of the wrong length.
 */
export function streamSafetensors(tensors: readonly StreamedTensor[], metadata: Metadata = {}): ByteStream {
  const { sorted, header, dataBytes } = layOut(tensors, metadata);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield header;
    for (const { name, body, bytes } of sorted) {
      let sent = 0;
      for await (const chunk of body()) {
        sent += chunk.length;
        if (sent > bytes) throw wrongLength(name, sent, bytes);
        yield chunk;
      }
      if (sent !== bytes) throw wrongLength(name, sent, bytes);
    }
  }
  return { size: header.length + dataBytes, chunks: chunks() };
}

/** A tensor in memory as the streaming writer takes it. */
export function streamed({ name, dtype, shape, data }: TensorToWrite): StreamedTensor {
  return { name, dtype, shape, body: () => copyRange(memorySource(data), 0, data.length) };
}

interface Described {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

function layOut<T extends Described>(tensors: readonly T[], metadata: Metadata) {
  const sorted = tensors
    .map((tensor) => ({ ...tensor, bytes: bytesOf(tensor) }))
    .sort((a, b) => compareDtypes(a.dtype, b.dtype) || (a.name < b.name ? -1 : 1));
  const seen = new Set<string>(["__metadata__"]);
  const entries: string[] = [];
  let end = 0;
  for (const tensor of sorted) {
    if (seen.has(tensor.name)) throw new RangeError(`tensor name ${tensor.name} cannot be used`);
    seen.add(tensor.name);
    entries.push(tensorEntry({ ...tensor, begin: end, end: end + tensor.bytes }));
    end += tensor.bytes;
  }
  return { sorted, header: encodeHeader(entries, metadata), dataBytes: end };
}

function bytesOf({ name, dtype, shape }: Described): number {
  const bytes = shape.reduce((product, size) => product * size, dtypeBits[dtype]) / 8;
  if (Number.isSafeInteger(bytes) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return bytes;
  throw new RangeError(`tensor ${name} cannot have the shape [${shape.join(", ")}] of ${dtype}`);
}

function wrongLength(name: string, found: number, expected: number): RangeError {
  return new RangeError(`tensor ${name} has ${found} bytes, its shape ${expected}`);
}

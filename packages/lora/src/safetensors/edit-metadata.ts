import { type ByteSource, copyRange } from "../byte-source.ts";
import { encodeHeader, type Metadata, tensorEntry } from "./encode-header.ts";
import { readSafetensors, readSafetensorsHeader } from "./read-safetensors.ts";
import type { ByteStream } from "./write-safetensors.ts";

export interface EditedFile extends ByteStream {
  /** The new length and header: everything before the tensors. */
  readonly head: Uint8Array;
  /** True when `head` takes the old one's room: writing it over the file's first bytes is then the whole edit. */
  readonly isInPlace: boolean;
}

/**
 * The file with other metadata, streamed: no tensor byte changes or moves against the others, so the hashes over the
 * tensors survive. Reads the header at once and the body only as the chunks are read.
 */
export async function editMetadata(
  source: ByteSource,
  change: (metadata: ReadonlyMap<string, string>) => Metadata,
): Promise<EditedFile> {
  const header = await readSafetensorsHeader(source);
  // A header that was not padded to 8 does not keep its length: the edit is the chance to align the data.
  const room = header.dataStart % 8 === 0 ? header.dataStart : 0;
  const head = encodeHeader([...header.tensors.values()].map(tensorEntry), change(header.metadata), room);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* copyRange(source, header.dataStart, source.size);
  }
  return {
    head,
    isInPlace: head.length === header.dataStart,
    size: head.length + source.size - header.dataStart,
    chunks: chunks(),
  };
}

/** A file in memory with other metadata, and the header as `writeSafetensors` would have made it. */
export function replaceMetadata(file: Uint8Array, metadata: Metadata): Uint8Array {
  const { data, ...header } = readSafetensors(file);
  return new Uint8Array(Buffer.concat([encodeHeader([...header.tensors.values()].map(tensorEntry), metadata), data]));
}

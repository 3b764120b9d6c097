import { type Refusal, type SourceItem, type Stores, UserError } from "@loramill/contracts";
import { checkSignature, mediaTypes, type ReadLimits } from "@loramill/imaging";
import type { SourceEntry, SourceFile, StoredFile } from "@loramill/storage";
import { type CaptionFile, isCaptionFile, MAX_CAPTION_BYTES } from "./caption-files.ts";

/** What became of one file of a source. */
export type TakenEntry =
  | { readonly kind: "picture"; readonly item: SourceItem }
  | { readonly kind: "caption"; readonly file: CaptionFile }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface TakeContext {
  readonly stores: Stores;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal;
}

/** Enough to tell what a file is. */
const HEAD_BYTES = 512;
/** Files up to this size are put into the store in one piece, which saves writing those that are there already. */
const WHOLE_BYTES = 1024 * 1024;

/**
 * Puts a picture into the store, reads a caption, or says why neither. The first bytes decide what is a picture, not its
 * name. A file that cannot be read is refused; trouble with the store itself is thrown.
 */
export async function takeEntry(entry: SourceEntry, context: TakeContext): Promise<TakenEntry> {
  if (entry.kind === "refused") {
    const { path, code, message } = entry;
    return { kind: "refused", refusal: { path, code, message } };
  }
  try {
    if (isCaptionFile(entry.path)) return { kind: "caption", file: await readCaption(entry, context) };
    const item = entry.kind === "stored" ? await checkStored(entry, context) : await storePicture(entry, context);
    return { kind: "picture", item };
  } catch (error) {
    if (!(error instanceof UserError) || context.signal.aborted) throw error;
    return { kind: "refused", refusal: { path: entry.path, code: error.code, message: error.message.slice(0, 1000) } };
  }
}

async function storePicture(file: SourceFile, { stores, limits, signal }: TakeContext): Promise<SourceItem> {
  const chunks = file.open()[Symbol.asyncIterator]();
  try {
    const { head, ended } = await readHead(chunks, file.bytes <= WHOLE_BYTES ? WHOLE_BYTES : HEAD_BYTES);
    const format = checkSignature(head, file.bytes, limits);
    const blob = await stores.blobs.put(ended ? head : joined(head, chunks), {
      mediaType: mediaTypes[format],
      signal,
    });
    return { path: file.path, blob };
  } finally {
    await chunks.return?.();
  }
}

/** Reads at least `bytes`, or all there is. */
async function readHead(
  chunks: AsyncIterator<Uint8Array>,
  bytes: number,
): Promise<{ head: Uint8Array; ended: boolean }> {
  const read: Uint8Array[] = [];
  for (let length = 0; length < bytes; ) {
    const next = await chunks.next();
    if (next.done === true) return { head: Buffer.concat(read), ended: true };
    read.push(next.value);
    length += next.value.length;
  }
  return { head: Buffer.concat(read), ended: false };
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function checkStored(file: StoredFile, { stores, limits, signal }: TakeContext): Promise<SourceItem> {
  const { body } = await stores.blobs.open(file.blob, { range: { start: 0, end: HEAD_BYTES - 1 }, signal });
  const format = checkSignature(Buffer.concat(await Array.fromAsync(body)), file.blob.bytes, limits);
  const { path, blob, caption } = file;
  return { path, blob: { ...blob, mediaType: mediaTypes[format] }, ...(caption === undefined ? {} : { caption }) };
}

async function readCaption(file: SourceFile | StoredFile, { stores, signal }: TakeContext): Promise<CaptionFile> {
  const size = file.kind === "stored" ? file.blob.bytes : file.bytes;
  if (size > MAX_CAPTION_BYTES) {
    throw new UserError(`a caption may have ${MAX_CAPTION_BYTES} bytes, this file has ${size}`, {
      code: "caption-too-long",
    });
  }
  const bytes =
    file.kind === "stored"
      ? await stores.blobs.read(file.blob, { maxBytes: MAX_CAPTION_BYTES, signal })
      : Buffer.concat(await Array.fromAsync(file.open()));
  return { path: file.path, bytes };
}

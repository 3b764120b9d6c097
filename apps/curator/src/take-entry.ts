import { type Refusal, type SourceItem, type Stores, UserError } from "@loramill/contracts";
import { type AnnotationFile, annotationLimitBytes } from "@loramill/datasets";
import { checkSignature, mediaTypes, type ReadLimits } from "@loramill/imaging";
import type { SourceEntry, SourceFile, StoredFile, VideoFrame } from "@loramill/storage";

/** What became of one file of a source. */
export type TakenEntry =
  | { readonly kind: "picture"; readonly item: SourceItem; readonly frame?: VideoFrame | undefined }
  | { readonly kind: "annotation"; readonly file: AnnotationFile }
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
    const limitBytes = annotationLimitBytes(entry.path);
    if (limitBytes !== null) return { kind: "annotation", file: await readAnnotation(entry, limitBytes, context) };
    const item = entry.kind === "stored" ? await checkStored(entry, context) : await storePicture(entry, context);
    return { kind: "picture", item, frame: entry.kind === "file" ? entry.frame : undefined };
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
    return { path: file.path, blob, ...(file.caption === undefined ? {} : { caption: file.caption }) };
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
  const { path, blob, caption, repeats } = file;
  return {
    path,
    blob: { ...blob, mediaType: mediaTypes[format] },
    ...(caption === undefined ? {} : { caption }),
    ...(repeats === undefined ? {} : { repeats }),
  };
}

async function readAnnotation(
  file: SourceFile | StoredFile,
  limitBytes: number,
  { stores, signal }: TakeContext,
): Promise<AnnotationFile> {
  const size = file.kind === "stored" ? file.blob.bytes : file.bytes;
  if (size > limitBytes) {
    throw new UserError(`a file of captions of this kind may have ${limitBytes} bytes, this one has ${size}`, {
      code: "caption-too-long",
    });
  }
  const bytes =
    file.kind === "stored"
      ? await stores.blobs.read(file.blob, { maxBytes: limitBytes, signal })
      : Buffer.concat(await Array.fromAsync(file.open()));
  return { path: file.path, bytes };
}

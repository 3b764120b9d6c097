import { type PassThrough, Readable } from "node:stream";
import { type BlobRef, UserError } from "@loramill/contracts";
import { type Pack, pack as tarPack } from "tar-stream";
import { ZipFile } from "yazl";
import type { ExportFile } from "./export-item.ts";

/** Archives of an export are the same to the byte whenever, and in whatever time zone, they are made. */
const EPOCH = new Date(Date.UTC(1980, 0, 1));
const MODE = 0o644;

export interface PackOptions {
  /** The bytes of a blob, from the store. */
  readonly open: (blob: BlobRef) => AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
}

export type ArchiveKind = "tar" | "zip";

/**
 * An archive of the files, in their order, as a stream: one file at a time is read. Pictures are stored, not compressed
 * again. Equal files give equal bytes. The stream fails when a blob is missing or its length is not what it should be.
 */
export function packFiles(kind: ArchiveKind, files: Iterable<ExportFile>, options: PackOptions): Readable {
  return kind === "tar" ? packTar(files, options) : packZip(files, options);
}

function packTar(files: Iterable<ExportFile>, options: PackOptions): Readable {
  return Readable.from(readTar(files, options), { objectMode: false });
}

async function* readTar(files: Iterable<ExportFile>, options: PackOptions): AsyncGenerator<Buffer> {
  const tar = tarPack();
  writeTar(tar, files, options).catch((error) => tar.destroy(error)); // … which ends the loop below with it.
  for await (const chunk of tar) yield chunk as Buffer;
}

async function writeTar(tar: Pack, files: Iterable<ExportFile>, { open, signal }: PackOptions): Promise<void> {
  for (const file of files) {
    signal?.throwIfAborted();
    const head = { name: file.path, mtime: EPOCH, mode: MODE };
    if ("text" in file) await addText(tar, head, file.text);
    else await addBlob(tar, { ...head, size: file.blob.bytes }, checked(file.blob, open, signal));
  }
  tar.finalize();
}

interface TarHead {
  readonly name: string;
  readonly mtime: Date;
  readonly mode: number;
}

function addText(tar: Pack, head: TarHead, text: string): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    tar.entry({ ...head }, text, (error) => (error ? reject(error) : resolve()));
  });
}

async function addBlob(
  tar: Pack,
  head: TarHead & { readonly size: number },
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const written = Promise.withResolvers<void>();
  written.promise.catch(() => {}); // Awaited below, unless the bytes fail first.
  const entry = tar.entry({ ...head }, (error) => (error ? written.reject(error) : written.resolve()));
  entry.on("error", () => {}); // The callback has it.
  for await (const chunk of bytes) {
    if (entry.write(chunk)) continue;
    const drained = new Promise<void>((resume) => entry.once("drain", () => resume()));
    await Promise.race([drained, written.promise]); // A reader that left ends the entry and drains nothing.
  }
  entry.end(null);
  await written.promise;
}

function packZip(files: Iterable<ExportFile>, { open, signal }: PackOptions): Readable {
  const zip = new ZipFile();
  const output = zip.outputStream as PassThrough;
  zip.on("error", (error) => output.destroy(error as Error));
  // A zip holds local time: this is the same in every zone.
  const options = { mtime: new Date(1980, 0, 2), mode: MODE, forceDosTimestamp: true };
  for (const file of files) {
    if ("text" in file) zip.addBuffer(Buffer.from(file.text), file.path, { ...options, compress: true });
    else {
      const size = file.blob.bytes;
      // Opened when its turn comes: thousands of open files would be too many.
      zip.addReadStreamLazy(file.path, { ...options, size, compress: false }, (done) => {
        const source = Readable.from(checked(file.blob, open, signal), { objectMode: false });
        source.once("error", (error) => output.destroy(error));
        const leave = () => source.destroy();
        output.once("close", leave);
        source.once("close", () => output.off("close", leave));
        done(null, source);
      });
    }
  }
  zip.end();
  return output;
}

async function* checked(
  blob: BlobRef,
  open: PackOptions["open"],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of open(blob)) {
    signal?.throwIfAborted();
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes === blob.bytes) return;
  throw new UserError(`the blob ${blob.sha256} has ${bytes} bytes in the store and should have ${blob.bytes}`, {
    code: "blob-damaged",
  });
}

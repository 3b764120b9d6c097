import { createHash } from "node:crypto";
import { PermanentError } from "@loramill/contracts";
import { type BundleEntry, type BundleManifest, MANIFEST_PATH, manifestBytes } from "./manifest.ts";
import { BLOCK, END_BYTES, entryBytes, headerBlock, paddingOf } from "./tar-block.ts";

/** Bytes of the whole archive: its manifest decides them before one of them is read. */
export function bundleBytes(manifest: BundleManifest): number {
  const entries = manifest.entries.reduce((sum, { bytes }) => sum + entryBytes(bytes), 0);
  return entryBytes(manifestBytes(manifest).byteLength) + entries + END_BYTES;
}

/**
 * The archive of a manifest, entry by entry; equal manifests give equal bytes. Throws PermanentError `store-damaged` where
 * an entry's bytes are others than the manifest says, and what `open` throws: then the archive has no end, and no reader
 * takes it.
 */
export async function* writeBundle(
  manifest: BundleManifest,
  open: (entry: BundleEntry) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const head = manifestBytes(manifest);
  yield* framed(MANIFEST_PATH, head.byteLength, [head]);
  for (const entry of manifest.entries) yield* framed(entry.path, entry.bytes, checked(entry, open(entry)));
  yield Buffer.alloc(END_BYTES);
}

async function* framed(
  path: string,
  bytes: number,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield headerBlock(path, bytes);
  yield* body;
  const padding = paddingOf(bytes);
  if (padding > 0) yield ZEROS.subarray(0, padding);
}

const ZEROS = Buffer.alloc(BLOCK);

async function* checked(
  { path, bytes, sha256 }: BundleEntry,
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let count = 0;
  for await (const chunk of body) {
    count += chunk.byteLength;
    if (count > bytes) break;
    hash.update(chunk);
    yield chunk;
  }
  if (count === bytes && hash.digest("hex") === sha256) return;
  throw new PermanentError(`${path} of the store is not what it was: the store is damaged`, {
    code: "store-damaged",
    details: { path },
  });
}

import { createHash } from "node:crypto";
import { UserError } from "@loramill/contracts";
import { badBundle } from "./bad-bundle.ts";
import { type ByteReader, readBytes } from "./byte-reader.ts";
import { type BundleEntry, type BundleManifest, MANIFEST_PATH, readManifest } from "./manifest.ts";
import { BLOCK, END_BYTES, headerBlock, paddingOf, smallSizeOf } from "./tar-block.ts";
import { bundleBytes } from "./write-bundle.ts";

export interface BundleLimits {
  /** Of the whole archive. */
  readonly maxBytes: number;
  /** Of its manifest, which is held in memory. */
  readonly maxManifestBytes: number;
}

export interface OpenedBundle {
  readonly manifest: BundleManifest;
  /** Bytes of the whole archive. */
  readonly bytes: number;
  /**
   * Its entries, once and in their order; each is read to its end before the next. When the last has been taken and the
   * loop ended without an error, every byte of the archive was what the manifest says.
   */
  readonly entries: AsyncIterable<{ readonly entry: BundleEntry; readonly body: AsyncIterable<Uint8Array> }>;
}

/**
 * Opens an archive by its manifest. Nothing else of it is parsed: every other byte has to be the one that the writer would
 * have written, so there is no path, link, owner or size in it that could be believed. Throws UserError `bad-bundle`, also
 * from `entries` and their bodies, and `bundle-too-large` before anything large is read.
 */
export async function openBundle(source: AsyncIterable<Uint8Array>, limits: BundleLimits): Promise<OpenedBundle> {
  const reader = readBytes(source);
  const head = await reader.take(BLOCK, "its first bytes");
  const size = smallSizeOf(head);
  if (size === null || !headerBlock(MANIFEST_PATH, size).equals(head)) throw badBundle(describeStart(head));
  if (size > limits.maxManifestBytes) throw tooLarge("manifest", size, limits.maxManifestBytes);
  const manifest = readManifest(await reader.take(size, MANIFEST_PATH));
  await skipZeros(reader, paddingOf(size), MANIFEST_PATH);
  const bytes = bundleBytes(manifest);
  if (bytes > limits.maxBytes) throw tooLarge("archive", bytes, limits.maxBytes);
  return { manifest, bytes, entries: readEntries(manifest, reader) };
}

async function* readEntries(manifest: BundleManifest, reader: ByteReader): OpenedEntries {
  for (const entry of manifest.entries) {
    const { path, bytes } = entry;
    const head = await reader.take(BLOCK, path);
    if (!headerBlock(path, bytes).equals(head)) throw badBundle(`something else stands where ${path} should begin`);
    const body = checked(entry, reader);
    yield { entry, body };
    for await (const _ of body);
    await skipZeros(reader, paddingOf(bytes), path);
  }
  await skipZeros(reader, END_BYTES, "its end");
  if (!(await reader.isAtEnd())) throw badBundle("it goes on behind its end");
}

type OpenedEntries = AsyncGenerator<{ entry: BundleEntry; body: AsyncIterable<Uint8Array> }>;

/** Once read to its end, reading it again gives nothing: so the loop above passes over what nobody wanted. */
async function* checked({ path, bytes, sha256 }: BundleEntry, reader: ByteReader): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for (let left = bytes; left > 0; ) {
    const chunk = await reader.some(left, path);
    hash.update(chunk);
    left -= chunk.byteLength;
    // The last one only when the whole is known to be right: who stores what it gets may stop before the end.
    if (left > 0) yield chunk;
    else {
      if (hash.digest("hex") !== sha256) throw badBundle(`the bytes of ${path} were changed`);
      yield chunk;
    }
  }
  if (bytes === 0 && hash.digest("hex") !== sha256) throw badBundle(`${path} has no bytes and should have some`);
}

async function skipZeros(reader: ByteReader, count: number, path: string): Promise<void> {
  if (count > 0 && (await reader.take(count, path)).some((byte) => byte !== 0)) {
    throw badBundle(`something stands behind ${path} where nothing should`);
  }
}

function describeStart(head: Uint8Array): string {
  const magic = Buffer.from(head.subarray(0, 4)).toString("hex");
  if (magic.startsWith("1f8b") || magic === "28b52ffd") return "it is compressed; unpack it first (gzip -d, zstd -d)";
  return "it does not begin with a manifest";
}

function tooLarge(what: string, bytes: number, most: number): UserError {
  return new UserError(
    `the ${what} of this bundle has ${bytes} bytes and ${most} are taken here: raise API_MAX_BUNDLE_BYTES, or leave something out (export --without pictures)`,
    { code: "too-large" },
  );
}

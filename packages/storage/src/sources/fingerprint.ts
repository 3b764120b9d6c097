import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type Digest, digestOf, isArchiveName, type JsonObject, type Source, UserError } from "@loramill/contracts";
import { identifyArchive } from "./archive.ts";
import { parseBucketUrl, walkBucket } from "./bucket.ts";
import { openDataset } from "./dataset.ts";
import { type FoundFile, walkFolder } from "./folder.ts";
import { describeReadError, readLocalFile } from "./local-file.ts";
import { mapInOrder } from "./map-in-order.ts";
import { openBucketOf, type SourceOptions, webOptionsOf } from "./open-source.ts";
import { listShards } from "./shards.ts";
import type { RefusedFile } from "./source-entry.ts";
import { findUploadedFile } from "./uploaded-file.ts";
import { type ManifestSource, openManifest } from "./web-manifest.ts";
import { listOfUrls, roundOf } from "./web-source.ts";

export interface Fingerprint {
  /** Equal sources have equal digests, wherever they lie. */
  readonly digest: Digest;
  /** Files; null where only reading an archive would tell. */
  readonly items: number | null;
  /** Null where nobody says before it is read. */
  readonly bytes: number | null;
  /**
   * `content`: of every byte; `stat`: some of it of sizes and times of change only; `assumed`: some of it is on web
   * servers, and taken to be what it was when it was fetched.
   */
  readonly mode: "content" | "stat" | "assumed";
}

interface Part extends Omit<Fingerprint, "digest"> {
  readonly identity: JsonObject;
}

/**
 * What decides whether sources changed since they were read. Folders up to `fingerprintContentMaxBytes` and all
 * archives up to it count by content, larger ones and buckets by paths, sizes and times of change.
 */
export async function fingerprintSources(sources: readonly Source[], options: SourceOptions): Promise<Fingerprint> {
  const parts: Part[] = [];
  for (const source of sources) parts.push(await fingerprint(source, options));
  return {
    digest: digestOf({ format: "loramill-fingerprint/1", sources: parts.map((part) => part.identity) }),
    items: sumOf(parts.map(({ items }) => items)),
    bytes: sumOf(parts.map(({ bytes }) => bytes)),
    mode: (["assumed", "stat"] as const).find((one) => parts.some(({ mode }) => mode === one)) ?? "content",
  };
}

function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}

function fingerprint(source: Source, options: SourceOptions): Promise<Part> {
  switch (source.type) {
    case "folder":
      return ofFolder(source.path, options);
    case "archive":
      return ofArchives(source.path, options);
    case "s3":
      return ofBucket(source.url, options);
    case "upload":
      return ofUpload(source.listing, options);
    case "urls":
      return ofWebList(source.type, { list: listOfUrls(source), items: source.urls.length }, options);
    case "manifest":
      return ofManifest(source, options);
    case "dataset":
      return ofDataset(source.digest, options);
    case "video":
      return ofVideo(source, options);
  }
}

async function ofFolder(path: string, options: SourceOptions): Promise<Part> {
  const { limits, signal } = options;
  const found: (FoundFile | RefusedFile)[] = [];
  let bytes = 0;
  let items = 0;
  for await (const entry of walkFolder(path, signal)) {
    found.push(entry);
    if (entry.kind === "found") {
      bytes += entry.bytes;
      items += 1;
    }
    // What lies behind the limit is not read either.
    if (items > limits.maxFiles) break;
  }
  const mode = bytes <= limits.fingerprintContentMaxBytes ? "content" : "stat";
  const hash = createHash("sha256");
  const line = (entry: FoundFile | RefusedFile) => lineOf(entry, mode, options);
  for await (const text of mapInOrder(found, limits.fingerprintConcurrency, line)) hash.update(text);
  return { identity: { type: "folder", mode, files: hash.digest("hex") }, items, bytes, mode };
}

async function lineOf(
  entry: FoundFile | RefusedFile,
  mode: "content" | "stat",
  options: SourceOptions,
): Promise<string> {
  if (entry.kind === "refused") return `${JSON.stringify([entry.path, entry.code])}\n`;
  if (mode === "stat") return `${JSON.stringify([entry.path, entry.bytes, entry.modifiedMs])}\n`;
  return `${JSON.stringify([entry.path, await hashOrReason(entry, options)])}\n`;
}

/** A file that cannot be read is part of the fingerprint with its reason: mended, the source is another one. */
async function hashOrReason(entry: FoundFile, { limits, signal }: SourceOptions): Promise<string> {
  // Refused later by its size, so its content decides nothing.
  if (entry.bytes > limits.maxFileBytes) return "file-too-large";
  try {
    return await hashFile(entry.real, entry.path, limits.maxFileBytes, signal);
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
}

async function hashFile(
  path: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of readLocalFile(path, name, { maxBytes, signal })) hash.update(chunk);
  return hash.digest("hex");
}

async function ofArchives(path: string, options: SourceOptions): Promise<Part> {
  const shards = await listShards(path);
  if (shards === null) return ofArchive(path, options);
  const parts: Part[] = [];
  for (const shard of shards) parts.push(await ofArchive(shard, options));
  return {
    identity: {
      type: "archives",
      files: parts.map(({ identity }, at) => ({ name: basename(shards[at] as string), ...identity })),
    },
    items: null,
    bytes: parts.reduce<number | null>((sum, { bytes }) => (sum === null || bytes === null ? null : sum + bytes), 0),
    mode: parts.every(({ mode }) => mode === "content") ? "content" : "stat",
  };
}

async function ofArchive(path: string, { limits, signal }: SourceOptions): Promise<Part> {
  const at = resolve(path);
  const { kind, bytes } = await identifyArchive(at);
  if (bytes <= limits.fingerprintContentMaxBytes) {
    const sha256 = await hashFile(at, basename(at), Number.MAX_SAFE_INTEGER, signal);
    return { identity: { type: "archive", kind, sha256 }, items: null, bytes, mode: "content" };
  }
  const { mtimeMs } = await stat(at);
  return { identity: { type: "archive", kind, bytes, modifiedMs: mtimeMs }, items: null, bytes, mode: "stat" };
}

async function ofBucket(url: string, { limits, signal, stores }: SourceOptions): Promise<Part> {
  const { bucket, prefix } = parseBucketUrl(url);
  const objects = await openBucketOf(stores, bucket);
  const hash = createHash("sha256");
  let bytes = 0;
  let items = 0;
  try {
    for await (const entry of walkBucket(objects, prefix, signal)) {
      if (entry.kind === "refused") hash.update(`${JSON.stringify([entry.path, entry.code])}\n`);
      else {
        bytes += entry.object.bytes;
        items += 1;
        const { object, path } = entry;
        hash.update(`${JSON.stringify([path, object.bytes, object.modifiedAt.getTime()])}\n`);
      }
      if (items > limits.maxFiles) break;
    }
  } finally {
    await objects.close();
  }
  return { identity: { type: "s3", mode: "stat", objects: hash.digest("hex") }, items, bytes, mode: "stat" };
}

async function ofUpload(listing: Digest, { signal, stores }: SourceOptions): Promise<Part> {
  let items: number | null = 0;
  let bytes = 0;
  for (const digest of (await stores.documents.get("parts", listing)).parts) {
    signal?.throwIfAborted();
    const part = await stores.documents.get("source", digest);
    if (part.items.some(({ path }) => isArchiveName(path))) items = null;
    else if (items !== null) items += part.items.length;
    bytes += part.items.reduce((sum, { blob }) => sum + blob.bytes, 0);
  }
  return { identity: { type: "upload", listing }, items, bytes, mode: "content" };
}

async function ofManifest(source: ManifestSource, options: SourceOptions): Promise<Part> {
  return ofWebList(source.type, await openManifest(source, webOptionsOf(source, options), { fresh: true }), options);
}

/** A list whose files could not all be had is another one the next time, so that the missing ones are asked for. */
async function ofWebList(
  type: "urls" | "manifest",
  { list, items }: { readonly list: string; readonly items: number },
  { stores }: SourceOptions,
): Promise<Part> {
  const round = stores.memos === undefined ? 0 : await roundOf(list, stores.memos);
  return { identity: { type, list, round }, items, bytes: null, mode: "assumed" };
}

async function ofDataset(digest: Digest, { stores }: SourceOptions): Promise<Part> {
  const { statistics } = await openDataset(digest, stores.documents);
  return {
    identity: { type: "dataset", digest },
    items: statistics.kept,
    bytes: statistics.originalBytes,
    mode: "content",
  };
}

async function ofVideo(
  { path, upload, ...settings }: Extract<Source, { type: "video" }>,
  options: SourceOptions,
): Promise<Part> {
  const { name, file, bytes } =
    upload === undefined ? await identifyVideo(path ?? "", options) : await identifyUploaded(upload, options);
  // The name is part of the frames' paths.
  const identity = { name, file, settings: JSON.parse(JSON.stringify(settings)) as JsonObject };
  const mode = typeof file === "string" ? "content" : "stat";
  return { identity: { type: "video", ...identity }, items: null, bytes, mode };
}

interface VideoIdentity {
  readonly name: string;
  /** Digest of its bytes, or of a large one what tells that it changed. */
  readonly file: Digest | { readonly bytes: number; readonly modifiedMs: number };
  readonly bytes: number;
}

async function identifyVideo(path: string, { limits, signal }: SourceOptions): Promise<VideoIdentity> {
  const at = resolve(path);
  const name = basename(at);
  const { mtimeMs, size: bytes } = await statVideo(at, path);
  const isSmall = bytes <= limits.fingerprintContentMaxBytes;
  const file = isSmall ? await hashFile(at, name, Number.MAX_SAFE_INTEGER, signal) : { bytes, modifiedMs: mtimeMs };
  return { name, file, bytes };
}

/** As if it lay on this machine under its name. */
async function identifyUploaded(upload: Digest, { stores }: SourceOptions): Promise<VideoIdentity> {
  const { path, blob } = await findUploadedFile(upload, stores.documents);
  return { name: basename(path), file: blob.sha256, bytes: blob.bytes };
}

async function statVideo(at: string, path: string): Promise<{ mtimeMs: number; size: number }> {
  try {
    const stats = await stat(at);
    if (stats.isFile()) return stats;
  } catch (error) {
    const described = describeReadError(error, `the video ${path}`);
    if (!(described instanceof UserError) || described.code !== "missing") throw described;
    throw new UserError(`the video ${path} does not exist on this machine`, { code: "source-missing", cause: error });
  }
  throw new UserError(`${path} is not a file; give a folder of pictures as type: folder`, { code: "not-a-file" });
}

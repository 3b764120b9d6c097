import { type Digest, digestOf, isArchiveName, type Source } from "@loramill/contracts";
import { openDataset } from "./dataset.ts";
import { fingerprintArchives } from "./fingerprint/archives.ts";
import { fingerprintBucket } from "./fingerprint/bucket.ts";
import { fingerprintFolder } from "./fingerprint/folder.ts";
import { type Fingerprint, type Part, sumOf } from "./fingerprint/part.ts";
import { fingerprintVideo } from "./fingerprint/video.ts";
import { webOptionsOf } from "./open-source.ts";
import type { SourceOptions } from "./source-options.ts";
import { type ManifestSource, openManifest } from "./web-manifest.ts";
import { listOfUrls, roundOf } from "./web-source.ts";

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

function fingerprint(source: Source, options: SourceOptions): Promise<Part> {
  switch (source.type) {
    case "folder":
      return fingerprintFolder(source.path, options);
    case "archive":
      return fingerprintArchives(source.path, options);
    case "s3":
      return fingerprintBucket(source.url, options);
    case "upload":
      return ofUpload(source.listing, options);
    case "urls":
      return ofWebList(source.type, { list: listOfUrls(source), items: source.urls.length }, options);
    case "manifest":
      return ofManifest(source, options);
    case "dataset":
      return ofDataset(source.digest, options);
    case "video":
      return fingerprintVideo(source, options);
  }
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

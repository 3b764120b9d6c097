import { isArchiveName, type ObjectStore, type Source, UserError } from "@loramill/contracts";
import { parseBucketUrl, readObject, walkBucket } from "./bucket.ts";
import { readDataset } from "./dataset.ts";
import { walkFolder } from "./folder.ts";
import { readLocalFile } from "./local-file.ts";
import { readArchives } from "./shards.ts";
import { createSourceBudget } from "./source-budget.ts";
import type { SourceLimits } from "./source-config.ts";
import { refuse, type SourceEntry, type SourceFile, type StoredFile } from "./source-entry.ts";
import type { SourceOptions, SourceStores, VideoSource } from "./source-options.ts";
import { readStoredArchive } from "./stored-archive.ts";
import { fetchToFile, findUploadedFile } from "./uploaded-file.ts";
import { type ManifestSource, openManifest } from "./web-manifest.ts";
import { listOfUrls, readWebFiles, type WebOptions } from "./web-source.ts";

/**
 * Lists a source: its files in the order of their paths (archives: in their own order), and what of it is refused with
 * the reason. UserError when the source as a whole cannot be read. Nothing is written, and memory stays bounded.
 */
export function openSource(source: Source, options: SourceOptions): AsyncIterable<SourceEntry> {
  switch (source.type) {
    case "folder":
      return readFolder(source.path, options);
    case "archive":
      return readArchives(source.path, options);
    case "s3":
      return readBucket(source.url, options);
    case "upload":
      return readUpload(source.listing, options);
    case "urls":
      return readWebFiles(
        source.urls.map((url) => ({ kind: "web", url })),
        listOfUrls(source),
        webOptionsOf(source, options),
      );
    case "manifest":
      return readManifest(source, options);
    case "dataset":
      return readDataset(source.digest, options);
    case "video":
      return readVideo(source, options);
  }
}

/** UserError `no-web-sources` where nothing can be fetched. */
export function webOptionsOf(
  { refresh }: { readonly refresh?: string | undefined },
  { limits, stores, signal, fetcher }: SourceOptions,
): WebOptions {
  const { blobs, memos, documents } = stores;
  if (blobs === undefined || memos === undefined) {
    throw new UserError("nothing is fetched from web servers here", { code: "no-web-sources" });
  }
  return { limits, stores: { blobs, memos, documents }, refresh, signal, fetcher };
}

async function* readManifest(source: ManifestSource, options: SourceOptions): AsyncGenerator<SourceEntry> {
  const web = webOptionsOf(source, options);
  const manifest = await openManifest(source, web, { fresh: false });
  yield* readWebFiles(manifest.entries(), manifest.list, web);
}

async function* readVideo(
  { path, upload, ...source }: VideoSource,
  { readVideo: read, limits, stores: { blobs, documents }, signal }: SourceOptions,
): AsyncGenerator<SourceEntry> {
  if (read === undefined) throw new UserError("videos are not read here", { code: "no-video-sources" });
  if (upload === undefined) return yield* read({ ...source, path: path ?? "" }, { limits, signal });
  if (blobs === undefined) throw new UserError("uploads are not read here", { code: "no-uploads" });
  const file = await fetchToFile(await findUploadedFile(upload, documents), { blobs, signal });
  try {
    yield* read({ ...source, path: file.path }, { limits, signal });
  } finally {
    await file.remove();
  }
}

async function* readFolder(path: string, { limits, signal }: SourceOptions): AsyncGenerator<SourceEntry> {
  const files = within(limits, walkFolder(path, signal));
  for await (const found of files) {
    if (found.kind === "refused") yield found;
    else {
      const open = () => readLocalFile(found.real, found.path, { maxBytes: limits.maxFileBytes, signal });
      yield file(found, open);
    }
  }
}

async function* readBucket(url: string, { limits, signal, stores }: SourceOptions): AsyncGenerator<SourceEntry> {
  const { bucket, prefix } = parseBucketUrl(url);
  const objects = await openBucketOf(stores, bucket);
  try {
    const found = walkBucket(objects, prefix, signal);
    const sized = mapEntries(found, (entry) => ({
      ...entry,
      bytes: entry.object.bytes,
      modifiedMs: entry.object.modifiedAt.getTime(),
    }));
    for await (const entry of within(limits, sized)) {
      if (entry.kind === "refused") yield entry;
      else yield file(entry, () => readObject(objects, entry, signal));
    }
  } finally {
    await objects.close();
  }
}

/** UserError `no-object-server` where S3 sources cannot be read. */
export async function openBucketOf(stores: SourceStores, bucket: string): Promise<ObjectStore> {
  if (stores.openBucket !== undefined) return stores.openBucket(bucket);
  throw new UserError("an s3:// source needs a server: set S3_ENDPOINT or STORAGE_URL=s3://…, and the S3_ keys", {
    code: "no-object-server",
  });
}

/**
 * The items of an upload's listing: documents of kind `parts` and `source`, with the bytes in the store already. Archives
 * are unpacked: one that is all there is as if it were given as a source itself, others into a folder of their name.
 */
async function* readUpload(listing: string, options: SourceOptions): AsyncGenerator<SourceEntry> {
  const { stores, signal } = options;
  const { parts } = await stores.documents.get("parts", listing);
  for (const digest of parts) {
    signal?.throwIfAborted();
    const part = await stores.documents.get("source", digest);
    const alone = parts.length === 1 && part.items.length === 1;
    for (const item of part.items) {
      if (isArchiveName(item.path)) yield* readStoredArchive(item, { ...options, blobs: stores.blobs, alone });
      else yield { kind: "stored", ...item } satisfies StoredFile;
    }
    for (const refused of part.refused) yield refuse(refused.path, refused.code, refused.message);
  }
}

function file(found: Pick<SourceFile, "path" | "bytes" | "modifiedMs">, open: SourceFile["open"]): SourceFile {
  const { path, bytes, modifiedMs } = found;
  return { kind: "file", path, bytes, modifiedMs, sequential: false, open };
}

type Refused = ReturnType<typeof refuse>;

/** Holds a listing to the limits; what is over them is refused, and the listing ends where it must. */
async function* within<Found extends { readonly kind: "found"; readonly path: string; readonly bytes: number }>(
  limits: SourceLimits,
  entries: AsyncIterable<Found | Refused>,
): AsyncGenerator<Found | Refused> {
  const budget = createSourceBudget(limits);
  for await (const entry of entries) {
    if (entry.kind === "refused") {
      yield entry;
      continue;
    }
    const counted = budget.count(entry.path);
    const admitted = counted.verdict === "take" ? budget.admit(entry.path, entry.bytes) : counted;
    yield admitted.verdict === "take" ? entry : admitted.refused;
    if (admitted.verdict === "stop") return;
  }
}

async function* mapEntries<A extends { readonly kind: "found" }, B>(
  entries: AsyncIterable<A | Refused>,
  map: (entry: A) => B,
): AsyncGenerator<B | Refused> {
  for await (const entry of entries) yield entry.kind === "refused" ? entry : map(entry);
}

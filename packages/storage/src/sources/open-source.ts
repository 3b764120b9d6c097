import { type DocumentStore, type ObjectStore, type Source, UserError } from "@loramill/contracts";
import { readArchive } from "./archive.ts";
import { parseBucketUrl, readObject, walkBucket } from "./bucket.ts";
import { walkFolder } from "./folder.ts";
import { readLocalFile } from "./local-file.ts";
import { createSourceBudget } from "./source-budget.ts";
import type { SourceLimits } from "./source-config.ts";
import { refuse, type SourceEntry, type SourceFile, type StoredFile } from "./source-entry.ts";

/** What sources read from besides the local disk: listings of uploads, buckets of the configured server. */
export interface SourceStores {
  readonly documents: DocumentStore;
  /** A bucket of the server that S3_* names. Left out where no server is configured: S3 sources are refused. */
  readonly openBucket?: ((bucket: string) => Promise<ObjectStore>) | undefined;
}

export interface SourceOptions {
  readonly limits: SourceLimits;
  readonly stores: SourceStores;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists a source: its files in the order of their paths (archives: in their own order), and what of it is refused with
 * the reason. UserError when the source as a whole cannot be read. Nothing is written, and memory stays bounded.
 */
export function openSource(source: Source, options: SourceOptions): AsyncIterable<SourceEntry> {
  switch (source.type) {
    case "folder":
      return readFolder(source.path, options);
    case "archive":
      return readArchive(source.path, options);
    case "s3":
      return readBucket(source.url, options);
    case "upload":
      return readUpload(source.listing, options);
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
    const sized = mapEntries(found, (entry) => ({ ...entry, bytes: entry.object.bytes }));
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

/** The items of an upload's listing: documents of kind `parts` and `source`, with the bytes in the store already. */
async function* readUpload(listing: string, { stores, signal }: SourceOptions): AsyncGenerator<SourceEntry> {
  const { parts } = await stores.documents.get("parts", listing);
  for (const digest of parts) {
    signal?.throwIfAborted();
    const part = await stores.documents.get("source", digest);
    for (const item of part.items) yield { kind: "stored", ...item } satisfies StoredFile;
    for (const refused of part.refused) yield refuse(refused.path, refused.code, refused.message);
  }
}

function file(found: { readonly path: string; readonly bytes: number }, open: SourceFile["open"]): SourceFile {
  return { kind: "file", path: found.path, bytes: found.bytes, sequential: false, open };
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

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, type ObjectStore, redact, type Stores, UserError } from "@loramill/contracts";
import { createBlobStore } from "./blobs.ts";
import { createDocumentStore } from "./documents.ts";
import type { ObjectDriver } from "./driver.ts";
import { openFileStore } from "./file/file-store.ts";
import { assertSafeKey } from "./keys.ts";
import { createMemoStore } from "./memos.ts";
import type { S3Options } from "./s3/s3-options.ts";
import type { UrlSigner } from "./signed-url.ts";
import { storageConfig } from "./storage-config.ts";
import type { StorageOptions } from "./storage-options.ts";
import { createTextCache } from "./text-cache.ts";

export interface OpenedStores extends Stores {
  /** Signs and verifies paths under the API for the file driver; null where the server verifies its own URLs. */
  readonly signer: UrlSigner | null;
  /** Another bucket of the configured S3 server, for sources; the caller closes it. */
  openBucket(bucket: string): Promise<ObjectStore>;
  close(): Promise<void>;
}

/** A list of a million parts is 67 MB of JSON. */
const MAX_DOCUMENT_BYTES = 128 * 1024 * 1024;

/**
 * Opens the object store at a URL and the views that processors work with; options left out have the defaults of
 * `storageConfig`. UserError `bad-storage-url`.
 */
export async function openStores(
  given: { readonly url: string; readonly s3?: Partial<S3Options> } & Partial<Omit<StorageOptions, "s3">>,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<OpenedStores> {
  const defaults = storageConfig.options(storageConfig.env.parse({})).storage;
  const options: StorageOptions = { ...defaults, ...given, s3: { ...defaults.s3, ...given.s3 } };
  const { driver, signer } = await openDriver(options, clock);
  const view = { cache: createTextCache(options.cacheBytes), maxBytes: MAX_DOCUMENT_BYTES };
  return {
    objects: driver,
    blobs: createBlobStore(driver, { maxReadBytes: options.maxReadBytes }),
    documents: createDocumentStore(driver, view),
    memos: createMemoStore(driver, view),
    signer,
    openBucket: (bucket) => openS3({ bucket, prefix: "" }, options.s3),
    close: () => driver.close(),
  };
}

const systemClock: Clock = { now: () => new Date() };

async function openDriver(
  options: StorageOptions,
  clock: Clock,
): Promise<{ driver: ObjectDriver; signer: UrlSigner | null }> {
  const at = parseStorageUrl(options.url);
  if (at.type === "s3") return { driver: await openS3(at, options.s3), signer: null };
  const driver = await openFileStore({
    root: at.folder,
    publicUrl: options.publicUrl,
    sync: options.sync,
    volatilePrefixes: [memoPrefix],
    clock,
  });
  return { driver, signer: driver.signer };
}

/** The S3 client takes a third of a second to load, which a mill on a folder need not pay. */
async function openS3(at: { readonly bucket: string; readonly prefix: string }, s3: S3Options): Promise<ObjectDriver> {
  const { openS3Store } = await import("./s3/s3-store.ts");
  return openS3Store(at, s3);
}

/** A lost memo costs work, never correctness, so memos need not survive a power cut. */
const memoPrefix = "memos/";

type Place =
  | { readonly type: "file"; readonly folder: string }
  | { readonly type: "s3"; readonly bucket: string; readonly prefix: string };

/** UserError `bad-storage-url` for anything but a folder, a file URL or s3://bucket/prefix. */
export function parseStorageUrl(url: string): Place {
  const [, bucket, path = ""] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/(.*))?$/s.exec(url) ?? [];
  if (bucket !== undefined) {
    const prefix = path.replace(/\/+$/, "");
    if (prefix !== "") assertSafeKey(prefix);
    return { type: "s3", bucket, prefix };
  }
  if (url.startsWith("file:")) return { type: "file", folder: folderOfUrl(url) };
  if (/^[a-z][a-z0-9+.-]+:/i.test(url)) throw badUrl(url);
  return { type: "file", folder: resolve(url) };
}

function folderOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw badUrl(url, cause);
  }
}

function badUrl(url: string, cause?: unknown): UserError {
  return new UserError(`STORAGE_URL must be a folder, file:///folder or s3://bucket/prefix, not ${redact(url)}`, {
    code: "bad-storage-url",
    ...(cause === undefined ? {} : { cause }),
  });
}

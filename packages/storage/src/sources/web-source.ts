import {
  BlobRef,
  type BlobStore,
  type DocumentStore,
  digestOf,
  type MemoStore,
  type Source,
  UserError,
} from "@loramill/contracts";
import { z } from "zod";
import {
  createFileFetcher,
  type FetcherParts,
  type FileFetcher,
  type RemoteFile,
  type Validators,
} from "./http/file-fetcher.ts";
import { mapInOrder } from "./map-in-order.ts";
import { createSourceBudget } from "./source-budget.ts";
import type { SourceLimits } from "./source-config.ts";
import { type RefusedFile, refuse, type SourceEntry } from "./source-entry.ts";
import type { WebFile } from "./web-list.ts";
import { createWebNames, nameOfUrl } from "./web-names.ts";

/** What is fetched goes into the blobs, and what a URL gave is remembered. */
export interface WebStores {
  readonly blobs: Pick<BlobStore, "open" | "put" | "has">;
  readonly memos: MemoStore;
  /** Where the listings of uploads lie. */
  readonly documents: DocumentStore;
}

export interface WebOptions {
  readonly limits: SourceLimits;
  readonly stores: WebStores;
  readonly refresh: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests: how names are resolved, what time it is. */
  readonly fetcher?: FetcherParts | undefined;
}

/** URLs whose answers are waited for in the order of the list; a slow one holds up at most this many. */
const WINDOW = 256;
const URL_KIND = "fetched-url";
const ROUND_KIND = "fetch-round";

const Remembered = z.object({
  blob: BlobRef,
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  refresh: z.string().optional(),
});
type Remembered = z.output<typeof Remembered>;

const keyOfUrl = (url: string) => digestOf({ url });

/**
 * Fetches files into the store and lists them, in the order of the list. What was fetched before is not fetched again,
 * unless `refresh` is another word than then: then the server is asked whether it changed. What cannot be had is refused
 * under its path; `list` is then due for another round, which fetches the failed ones alone.
 */
export async function* readWebFiles(
  files: Iterable<WebFile | RefusedFile> | AsyncIterable<WebFile | RefusedFile>,
  list: string,
  options: WebOptions,
): AsyncGenerator<SourceEntry> {
  const { limits, stores } = options;
  const leave = new AbortController();
  const signal = options.signal === undefined ? leave.signal : AbortSignal.any([options.signal, leave.signal]);
  const fetcher = createFileFetcher(limits.http, options.fetcher);
  const budget = createSourceBudget(limits);
  let failed = 0;

  async function take(named: Named): Promise<SourceEntry> {
    if (named.kind === "refused") return named;
    const { path, file } = named;
    try {
      const isFresh = (known: Remembered) => known.refresh === options.refresh;
      const blob = await fetchOnce(file.url, fetcher, { ...options, signal }, isFresh);
      return { kind: "stored", path, blob, ...(file.caption === undefined ? {} : { caption: file.caption }) };
    } catch (error) {
      if (!(error instanceof UserError) || signal.aborted) throw error;
      failed += 1;
      return refuse(path, error.code, error.message);
    }
  }

  try {
    for await (const entry of mapInOrder(nameFiles(files, limits), WINDOW, take)) {
      const admitted = entry.kind === "stored" ? budget.admit(entry.path, entry.blob.bytes) : null;
      let goesOn = false;
      try {
        yield admitted === null || admitted.verdict === "take" ? entry : admitted.refused;
        goesOn = admitted?.verdict !== "stop";
      } finally {
        // Before the fetches under way are waited for.
        if (!goesOn) leave.abort();
      }
      if (!goesOn) return;
    }
    if (failed > 0) await stores.memos.put(ROUND_KIND, list, { round: (await roundOf(list, stores.memos)) + 1 });
  } finally {
    leave.abort();
    await fetcher.close();
  }
}

/** How often a list was read and some of its files could not be had. Part of its fingerprint. */
export async function roundOf(list: string, memos: Pick<MemoStore, "find">): Promise<number> {
  return z.object({ round: z.int() }).safeParse(await memos.find(ROUND_KIND, list)).data?.round ?? 0;
}

export function listOfUrls({ urls, refresh }: Extract<Source, { type: "urls" }>): string {
  return digestOf({ urls, refresh: refresh ?? null });
}

type Named = { readonly kind: "named"; readonly path: string; readonly file: WebFile } | RefusedFile;

async function* nameFiles(
  files: Iterable<WebFile | RefusedFile> | AsyncIterable<WebFile | RefusedFile>,
  limits: SourceLimits,
): AsyncGenerator<Named> {
  const budget = createSourceBudget(limits);
  const nameOf = createWebNames();
  for await (const file of files) {
    const counted = budget.count(file.kind === "refused" ? file.path : nameOfUrl(file.url));
    if (counted.verdict !== "take") yield counted.refused;
    if (counted.verdict === "stop") return;
    if (counted.verdict !== "take") continue;
    if (file.kind === "refused") yield file;
    else {
      const named = nameOf(file);
      yield "kind" in named ? named : { kind: "named", path: named.path, file };
    }
  }
}

/**
 * The blob of a URL: what is remembered where that is fresh enough, else fetched, if it changed, and remembered. A web page
 * instead of a file is an error of the server's, unless it is `pages` that are wanted.
 */
export async function fetchOnce(
  url: string,
  fetcher: FileFetcher,
  options: WebOptions & { readonly pages?: boolean },
  isFresh: (known: Remembered) => boolean,
): Promise<BlobRef> {
  const { stores, refresh, signal, limits } = options;
  const key = keyOfUrl(url);
  const known = await recall(key, stores);
  if (known !== null && isFresh(known)) return known.blob;
  const fetched = await fetcher.fetch(url, {
    maxBytes: limits.maxFileBytes,
    validators: known === null ? undefined : validatorsOf(known),
    signal,
    read: (file) => keep(file, stores, options),
  });
  const remembered: Remembered = fetched === "unchanged" ? (known as Remembered) : fetched;
  await stores.memos.put(URL_KIND, key, { ...remembered, ...(refresh === undefined ? {} : { refresh }) });
  return remembered.blob;
}

async function keep(
  file: RemoteFile,
  stores: WebStores,
  { pages = false, signal }: Pick<WebOptions, "signal"> & { readonly pages?: boolean },
): Promise<Remembered> {
  if (file.mediaType === "text/html" && !pages) {
    throw new UserError("the server sent a web page instead of a file (text/html)", { code: "not-an-image" });
  }
  const mediaType = file.mediaType.slice(0, 128) || "application/octet-stream";
  const blob = await stores.blobs.put(file.body, { mediaType, ...(signal && { signal }) });
  const { etag, lastModified } = file;
  return { blob, ...(etag === undefined ? {} : { etag }), ...(lastModified === undefined ? {} : { lastModified }) };
}

/** What was fetched before, as far as its bytes are still there. */
async function recall(key: string, { memos, blobs }: WebStores): Promise<Remembered | null> {
  const found = Remembered.safeParse(await memos.find(URL_KIND, key)).data;
  return found !== undefined && (await blobs.has(found.blob.sha256)) ? found : null;
}

function validatorsOf({ etag, lastModified }: Remembered): Validators | undefined {
  return etag === undefined && lastModified === undefined ? undefined : { etag, lastModified };
}

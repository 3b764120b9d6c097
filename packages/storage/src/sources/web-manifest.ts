import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { type BlobRef, digestOf, type Source, UserError } from "@loramill/contracts";
import { createFileFetcher } from "./http/file-fetcher.ts";
import { describeReadError, readLocalFile } from "./local-file.ts";
import type { RefusedFile } from "./source-entry.ts";
import { findUploadedFile } from "./uploaded-file.ts";
import { readWebList, type WebFile } from "./web-list.ts";
import { listWebPrefix } from "./web-prefix.ts";
import { fetchOnce, type WebOptions } from "./web-source.ts";

export type ManifestSource = Extract<Source, { type: "manifest" }>;

/** What a manifest lists. `list` is its digest: of its bytes and of what decides how they are read. */
export interface OpenedManifest {
  readonly list: string;
  readonly items: number;
  entries(): AsyncIterable<WebFile | RefusedFile>;
}

/**
 * Opens a manifest of this machine, of an upload or of a web server. One of a server is fetched when a run is planned (`fresh`); what
 * the plan saw is what is read later. UserError when it cannot be had.
 */
export async function openManifest(
  source: ManifestSource,
  options: WebOptions,
  { fresh }: { readonly fresh: boolean },
): Promise<OpenedManifest> {
  const read = await openList(source, options, fresh);
  const base = source.url ?? null;
  const hash = createHash("sha256");
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of read()) {
      hash.update(chunk);
      yield chunk;
    }
  }
  let items = 0;
  for await (const entry of readWebList(hashed(), base)) if (entry.kind === "web") items += 1;
  const list = digestOf({ manifest: hash.digest("hex"), base, refresh: source.refresh ?? null });
  return { list, items, entries: () => readWebList(read(), base) };
}

const MAX_PAGE_BYTES = 64 * 1024 * 1024;

type Read = () => AsyncIterable<Uint8Array>;

async function openList({ url, path, upload }: ManifestSource, options: WebOptions, fresh: boolean): Promise<Read> {
  if (url !== undefined) return readRemote(url, options, fresh);
  if (upload === undefined) return readLocal(path ?? "", options);
  const { blob } = await findUploadedFile(upload, options.stores.documents);
  return readBlob(blob, options);
}

function readBlob(blob: BlobRef, { stores, signal }: WebOptions): Read {
  return async function* () {
    yield* (await stores.blobs.open(blob, { ...(signal && { signal }) })).body;
  };
}

function readLocal(path: string, { limits, signal }: WebOptions): Read {
  const at = resolve(path);
  return async function* () {
    try {
      yield* readLocalFile(at, basename(at), { maxBytes: limits.maxFileBytes, signal });
    } catch (error) {
      const described = describeReadError(error, `the manifest ${path}`);
      if (!(described instanceof UserError) || described.code !== "missing") throw described;
      throw new UserError(`the manifest ${path} does not exist on this machine`, {
        code: "source-missing",
        cause: error,
      });
    }
  };
}

/** A list that a server has as a file, or makes of a folder: then the address ends with a slash. */
async function readRemote(url: string, options: WebOptions, fresh: boolean): Promise<Read> {
  const fetcher = createFileFetcher(options.limits.http, options.fetcher);
  try {
    if (!new URL(url).pathname.endsWith("/"))
      return readBlob(await fetchOnce(url, fetcher, options, () => !fresh), options);
    const readPage = async (page: string) => {
      const blob = await fetchOnce(page, fetcher, { ...options, pages: true }, () => !fresh);
      if (blob.bytes > MAX_PAGE_BYTES) throw new UserError(`${page} is no index page`, { code: "no-files" });
      return Buffer.concat(await Array.fromAsync(readBlob(blob, options)())).toString("utf8");
    };
    const files = await listWebPrefix(url, readPage, options.limits.maxFiles);
    return async function* () {
      yield new TextEncoder().encode(files.join("\n"));
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`the manifest cannot be fetched: ${error.message}`, { code: error.code, cause: error });
  } finally {
    await fetcher.close();
  }
}

import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { digestOf, type Source, UserError } from "@loramill/contracts";
import { createFileFetcher } from "./http/file-fetcher.ts";
import { describeReadError, readLocalFile } from "./local-file.ts";
import type { RefusedFile } from "./source-entry.ts";
import { readWebList, type WebFile } from "./web-list.ts";
import { fetchOnce, type WebOptions } from "./web-source.ts";

export type ManifestSource = Extract<Source, { type: "manifest" }>;

/** What a manifest lists. `list` is its digest: of its bytes and of what decides how they are read. */
export interface OpenedManifest {
  readonly list: string;
  readonly items: number;
  entries(): AsyncIterable<WebFile | RefusedFile>;
}

/**
 * Opens a manifest of this machine or of a web server. One of a server is fetched when a run is planned (`fresh`); what
 * the plan saw is what is read later. UserError when it cannot be had.
 */
export async function openManifest(
  source: ManifestSource,
  options: WebOptions,
  { fresh }: { readonly fresh: boolean },
): Promise<OpenedManifest> {
  const read =
    source.url === undefined ? readLocal(source.path ?? "", options) : await readRemote(source.url, options, fresh);
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

function readLocal(path: string, { limits, signal }: WebOptions): () => AsyncIterable<Uint8Array> {
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

async function readRemote(url: string, options: WebOptions, fresh: boolean): Promise<() => AsyncIterable<Uint8Array>> {
  const { limits, stores, signal } = options;
  const fetcher = createFileFetcher(limits.http, options.fetcher);
  try {
    const blob = await fetchOnce(url, fetcher, options, () => !fresh);
    return async function* () {
      yield* (await stores.blobs.open(blob, { ...(signal && { signal }) })).body;
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`the manifest cannot be fetched: ${error.message}`, { code: error.code, cause: error });
  } finally {
    await fetcher.close();
  }
}

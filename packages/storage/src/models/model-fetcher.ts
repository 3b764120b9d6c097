import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BlobRef, type BlobStore, type Digest, sha256Hex, UserError } from "@loramill/contracts";
import { createGuardedLookup } from "@loramill/url-guard";
import { Agent } from "undici";
import type { HttpLimits } from "../sources/http/file-fetcher.ts";
import { errorOfConnection, errorOfStatus, Transient } from "../sources/http/http-error.ts";
import { resolveBySystem } from "../sources/http/resolve-by-system.ts";
import { type PartialFile, partialFile } from "./partial-file.ts";
import { type RangedAnswer, requestRange } from "./ranged-request.ts";

export interface ModelFetch {
  readonly url: string;
  /** Sent to the host of the URL alone. */
  readonly token?: string | undefined;
  /** What the file must be; else what the hub names, else whatever comes. */
  readonly sha256?: Digest | undefined;
  readonly signal: AbortSignal;
  /** Bytes that are there of all, null where the server does not say. */
  readonly onBytes?: (done: number, total: number | null) => void;
}

export interface ModelFetcher {
  /**
   * Brings a file of any size into the blob store. What was fetched before a break, also of the process, is not fetched
   * again while the server's file is the same. Several calls for one URL are one download. UserError `wrong-digest`,
   * `model-forbidden` (401 and 403), or with the reason why it cannot be had.
   */
  fetch(wanted: ModelFetch): Promise<BlobRef>;
  close(): Promise<void>;
}

const FIRST_PAUSE_MS = 500;
const MEDIA_TYPE = "application/octet-stream";

export function createModelFetcher(options: {
  readonly limits: Omit<HttpLimits, "totalMs">;
  readonly blobs: BlobStore;
  /** Where half files lie until they are whole; on a disk with room for them. */
  readonly folder: string;
}): ModelFetcher {
  const { limits, blobs, folder } = options;
  const agent = new Agent({
    connections: limits.connectionsPerHost,
    headersTimeout: limits.idleMs,
    bodyTimeout: limits.idleMs,
    connect: { timeout: limits.idleMs, lookup: createGuardedLookup(resolveBySystem, limits) },
  });
  const underWay = new Map<string, Promise<BlobRef>>();

  async function fetchOnce(url: URL, file: PartialFile, wanted: ModelFetch): Promise<string | null> {
    const from = await file.resumable();
    const { token, signal } = wanted;
    const answer = await requestRange(
      { url, token, signal, ...(from === null ? {} : { from }) },
      { dispatcher: agent, rules: limits, maxRedirects: limits.maxRedirects },
    );
    const isRest = answer.status === 206 && startOf(answer) === from?.byte;
    if (answer.status !== 200 && !isRest) {
      await answer.body.dump().catch(() => {});
      if (answer.status === 416 || answer.status === 206) {
        await file.remove();
        throw new Transient("the server's file is another than the one begun", { code: "file-changed" });
      }
      throw errorOf(answer, url, token !== undefined);
    }
    if (!isRest) await file.restart(answer.header("etag"));
    const total = totalOf(answer, isRest ? (from?.byte ?? 0) : 0);
    await file
      .append(counted(answer.body, isRest ? (from?.byte ?? 0) : 0, total, wanted.onBytes))
      .catch((error: unknown) => {
        signal.throwIfAborted();
        throw errorOfConnection(error);
      });
    const bytes = await file.bytes();
    if (total !== null && bytes !== total) {
      throw new Transient(`${bytes} of ${total} bytes came`, { code: "fetch-failed" });
    }
    return answer.linkedSha256;
  }

  /** A try that brought bytes does not count: a file of many gigabytes may break off often. */
  async function fetchAll(url: URL, wanted: ModelFetch): Promise<BlobRef> {
    const file = partialFile(join(folder, `${sha256Hex(url.href)}.part`));
    let failures = 0;
    for (;;) {
      const before = await file.bytes();
      try {
        const linked = await fetchOnce(url, file, wanted);
        return await store(file, wanted, linked);
      } catch (error) {
        if (!(error instanceof Transient)) throw error;
        failures = (await file.bytes()) > before ? 1 : failures + 1;
        const pauseMs = error.retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (failures - 1);
        if (failures >= limits.attempts || pauseMs > limits.maxPauseMs) {
          throw new UserError(`${url.host}: ${error.message}; pull again to go on from what is there`, {
            code: error.code,
            cause: error,
          });
        }
        await sleep(pauseMs, undefined, { signal: wanted.signal });
      }
    }
  }

  async function store(file: PartialFile, { sha256, signal }: ModelFetch, linked: string | null): Promise<BlobRef> {
    const found = await file.sha256(signal);
    const expected = sha256 ?? linked;
    if (expected !== null && found !== expected) {
      await file.remove();
      throw new UserError(`the file's SHA-256 is ${found}, not ${expected}: it was damaged or is another; pull again`, {
        code: "wrong-digest",
        details: { expected, found },
      });
    }
    const bytes = await file.bytes();
    // With its digest, so that a store that would keep a stream aside for that does not need the room twice.
    const blob = await blobs.put(file.read(), { mediaType: MEDIA_TYPE, bytes, sha256: found, signal });
    await file.remove();
    return blob;
  }

  return {
    fetch(wanted) {
      const found = underWay.get(wanted.url);
      if (found !== undefined) return found;
      const url = URL.parse(wanted.url);
      if (url === null) return Promise.reject(new UserError("this is no URL", { code: "url-refused" }));
      const work = fetchAll(url, wanted).finally(() => underWay.delete(wanted.url));
      underWay.set(wanted.url, work);
      return work;
    },
    close: () => (agent.destroyed ? Promise.resolve() : agent.destroy()),
  };
}

function errorOf({ status, header }: RangedAnswer, url: URL, hasToken: boolean): UserError | Transient {
  if (status !== 401 && status !== 403) return errorOfStatus(status, header("retry-after"), Date.now());
  const why = hasToken ? "does not let this token have the file" : "wants a token for this file";
  return new UserError(`${url.host} answered ${status}: it ${why}`, { code: "model-forbidden", details: { status } });
}

/** Where a 206 begins; null where it does not say. */
function startOf(answer: RangedAnswer): number | null {
  const start = answer.header("content-range")?.match(/^bytes (\d+)-/)?.[1];
  return start === undefined ? null : Number(start);
}

function totalOf(answer: RangedAnswer, before: number): number | null {
  const length = answer.header("content-length");
  return length === undefined ? null : before + Number(length);
}

async function* counted(
  body: AsyncIterable<Uint8Array>,
  before: number,
  total: number | null,
  onBytes: ModelFetch["onBytes"],
): AsyncGenerator<Uint8Array> {
  let done = before;
  for await (const chunk of body) {
    done += chunk.byteLength;
    onBytes?.(done, total);
    yield chunk;
  }
}

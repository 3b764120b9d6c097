import { setTimeout as delay } from "node:timers/promises";
import { type Digest, isRetryableStatus, PermanentError, TransientError } from "@loramill/contracts";
import type { Disk, PartFile } from "./cache/disk.ts";
import type { Grants } from "./grants.ts";

/** How a file is asked for: by a grant for a key, or by an address of its own. */
export type Origin = { readonly key: string } | { readonly url: string };

export interface TransferParts {
  readonly fetch: typeof fetch;
  readonly grants: Grants;
  readonly signal: AbortSignal;
}

const ATTEMPTS = 6;
/** Without a byte for so long, a request is given up. */
const IDLE_MS = 60_000;

/** Where a file comes to lie. */
export interface Target {
  readonly path: string;
  /** Where it is gathered, on the same disk. */
  readonly partial: string;
  /** Throws when another may write there now. */
  readonly assertMayWrite?: () => void;
}

/**
 * Brings a file here. What a broken download left is gone on from; the digest of the whole is checked before the file has
 * its name. PermanentError `wrong-digest` when what was sent is something else, twice.
 */
export async function download(
  origin: Origin,
  expected: { readonly bytes: number; readonly sha256: Digest },
  target: Target,
  parts: TransferParts & { readonly disk: Disk },
): Promise<void> {
  const { disk } = parts;
  for (let round = 1; ; round += 1) {
    await retry(() => fetchRest(origin, expected.bytes, target, parts), parts.signal);
    if ((await disk.digest(target.partial)) === expected.sha256) break;
    target.assertMayWrite?.();
    await disk.remove(target.partial);
    if (round === 2) throw wrongDigest(expected);
  }
  target.assertMayWrite?.();
  await disk.move(target.partial, target.path);
}

/**
 * Reads what is missing at the end of a partial file. Its length is what has come, as bytes are written in their order and to
 * their place; whether they are right is for the digest to say.
 */
async function fetchRest(
  origin: Origin,
  bytes: number,
  { partial, assertMayWrite }: Target,
  parts: TransferParts & { readonly disk: Disk },
): Promise<void> {
  const have = (await parts.disk.facts(partial))?.bytes ?? 0;
  if (have > bytes) await parts.disk.remove(partial);
  const start = have > bytes ? 0 : have;
  const file = await parts.disk.openPart(partial);
  try {
    if (start < bytes) await receive(origin, { start, bytes }, file, { ...parts, assertMayWrite });
    await file.sync();
  } finally {
    await file.close();
  }
}

async function receive(
  origin: Origin,
  { start, bytes }: { readonly start: number; readonly bytes: number },
  file: PartFile,
  parts: TransferParts & { readonly assertMayWrite: (() => void) | undefined },
): Promise<void> {
  const url = "url" in origin ? origin.url : await parts.grants.read(origin.key, parts.signal);
  const idle = idleTimeout(parts.signal);
  try {
    const headers = start > 0 ? { range: `bytes=${start}-` } : {};
    const response = await parts.fetch(url, { headers, signal: idle.signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw refused(response.status, url, parts.grants);
    }
    // A server that knows no ranges sends it all, and one may send another range than it was asked for.
    let position = response.status === 206 ? startOf(response, start) : 0;
    if (position > start)
      throw new TransientError("a download began too late in the file", { code: "download-broken" });
    for await (const chunk of response.body) {
      idle.touch();
      if (position + chunk.byteLength > bytes) {
        throw new PermanentError(`more than ${bytes} bytes were sent`, { code: "wrong-digest" });
      }
      parts.assertMayWrite?.();
      await file.write(chunk, position);
      position += chunk.byteLength;
    }
    if (position < bytes) throw new TransientError("a download broke off", { code: "download-broken" });
  } finally {
    idle.stop();
  }
}

function startOf(response: Response, asked: number): number {
  const [, start] = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "") ?? [];
  return start === undefined ? asked : Number(start);
}

export const wrongDigest = ({ bytes, sha256 }: { readonly bytes: number; readonly sha256: Digest }) =>
  new PermanentError(`a file of ${bytes} bytes is not the one with SHA-256 ${sha256}`, {
    code: "wrong-digest",
    details: { sha256 },
  });

/** Writes bytes to a signed URL, which is asked for anew when it is no longer taken. */
export async function upload(urlOf: () => Promise<string>, body: Uint8Array, parts: TransferParts): Promise<void> {
  await retry(async () => {
    const url = await urlOf();
    const idle = idleTimeout(parts.signal);
    try {
      const response = await parts.fetch(url, {
        method: "PUT",
        body: new Uint8Array(body),
        headers: { "content-type": "application/octet-stream" },
        signal: idle.signal,
      });
      await response.arrayBuffer();
      if (!response.ok) throw refused(response.status, url, parts.grants);
    } finally {
      idle.stop();
    }
  }, parts.signal);
}

/** 403 and 400 are what stores answer to a URL whose time is over: it is dropped and asked for again. */
function refused(status: number, url: string, grants: Grants): Error {
  grants.drop(url);
  const message = `the object store answered ${status}`;
  if (isRetryableStatus(status)) return new TransientError(message, { code: "store-failed", details: { status } });
  if (status === 403 || status === 400 || status === 401) return new TransientError(message, { code: "grant-refused" });
  return new PermanentError(message, { code: "store-refused", details: { status } });
}

async function retry(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      // Who may no longer write has to take the lock first.
      const isLost = error instanceof TransientError && error.code === "lock-lost";
      if (error instanceof PermanentError || isLost || attempt === ATTEMPTS) throw error;
      await delay(Math.min(10_000, 200 * 2 ** attempt), undefined, { signal });
    }
  }
}

function idleTimeout(signal: AbortSignal) {
  const abort = new AbortController();
  const expire = () => abort.abort(new TransientError("nothing moved for a minute", { code: "transfer-idle" }));
  let timer = setTimeout(expire, IDLE_MS);
  return {
    signal: AbortSignal.any([signal, abort.signal]),
    touch() {
      clearTimeout(timer);
      timer = setTimeout(expire, IDLE_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

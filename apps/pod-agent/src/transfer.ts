import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Digest, isRetryableStatus, PermanentError, TransientError } from "@loramill/contracts";
import { orNull } from "./files.ts";
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

/**
 * Brings a file here. What a broken download left is gone on from; the digest of the whole is checked before the file has
 * its name. PermanentError `wrong-digest` when what was sent is something else, twice.
 */
export async function download(
  origin: Origin,
  expected: { readonly bytes: number; readonly sha256: Digest },
  path: string,
  parts: TransferParts,
): Promise<void> {
  if ((await orNull(stat(path)))?.size === expected.bytes && (await digestFile(path)) === expected.sha256) return;
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.part`;
  for (let round = 1; ; round += 1) {
    await retry(() => fetchRest(origin, expected.bytes, partial, parts), parts.signal);
    if ((await digestFile(partial)) === expected.sha256) break;
    await rm(partial, { force: true });
    if (round === 2) {
      throw new PermanentError(`a file of ${expected.bytes} bytes is not the one with SHA-256 ${expected.sha256}`, {
        code: "wrong-digest",
        details: { sha256: expected.sha256 },
      });
    }
  }
  await rename(partial, path);
}

/** Reads what is missing at the end of a partial file. */
async function fetchRest(origin: Origin, bytes: number, partial: string, parts: TransferParts): Promise<void> {
  const have = (await orNull(stat(partial)))?.size ?? 0;
  if (have === bytes && have > 0) return;
  const start = have < bytes ? have : 0;
  const url = "url" in origin ? origin.url : await parts.grants.read(origin.key, parts.signal);
  const idle = idleTimeout(parts.signal);
  try {
    const response = await parts.fetch(url, {
      headers: start > 0 ? { range: `bytes=${start}-` } : {},
      signal: idle.signal,
    });
    if (!response.ok || response.body === null) throw refused(response.status, url, parts.grants);
    const file = await open(partial, response.status === 206 && start > 0 ? "a" : "w");
    let written = response.status === 206 ? start : 0;
    try {
      for await (const chunk of response.body) {
        idle.touch();
        written += chunk.byteLength;
        if (written > bytes) throw new PermanentError(`more than ${bytes} bytes were sent`, { code: "wrong-digest" });
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
    if (written < bytes) throw new TransientError("a download broke off", { code: "download-broken" });
  } finally {
    idle.stop();
  }
}

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

export async function digestFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex") as Digest;
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
      if (error instanceof PermanentError || attempt === ATTEMPTS) throw error;
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

import { createHash } from "node:crypto";
import type { Body, Digest } from "@loramill/contracts";
import { PermanentError, UserError } from "@loramill/contracts";

/**
 * A body as a sequence of chunks, whatever it came as. An aborted signal ends it at once, also while its source keeps
 * everybody waiting; the source is then told to stop, but not waited for.
 */
export async function* chunksOf(body: Body, signal?: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (body instanceof Uint8Array) {
    if (body.byteLength > 0) yield body;
    return;
  }
  if (signal === undefined) return yield* body;
  const source = body[Symbol.asyncIterator]();
  const aborted = Promise.withResolvers<never>();
  // It need not ever be awaited.
  aborted.promise.catch(() => {});
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      const next = await Promise.race([source.next(), aborted.promise]);
      signal.throwIfAborted();
      if (next.done === true) break;
      yield next.value;
    }
    ended = true;
  } finally {
    signal.removeEventListener("abort", onAbort);
    const closing = ended ? undefined : source.return?.();
    if (signal.aborted) closing?.catch(() => {});
    else await closing;
  }
}

/** The whole body when it has at most `maxBytes`; else the same body, to be read once from its start. */
export async function gatherSmall(
  body: Body,
  maxBytes: number,
  signal?: AbortSignal | undefined,
): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  if (body instanceof Uint8Array) return body;
  const rest = chunksOf(body, signal);
  const kept: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= maxBytes) {
    const next = await rest.next();
    if (next.done === true) return Buffer.concat(kept, bytes);
    kept.push(next.value);
    bytes += next.value.byteLength;
  }
  return (async function* () {
    try {
      for (let chunk = kept.shift(); chunk !== undefined; chunk = kept.shift()) yield chunk;
      yield* rest;
    } finally {
      await rest.return(undefined);
    }
  })();
}

/** Reads a whole body; PermanentError `blob-too-large` as soon as it passes `maxBytes`. */
export async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new PermanentError(`${what} is larger than the ${maxBytes} bytes allowed`, { code: "blob-too-large" });
    }
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
}

export interface Meter {
  readonly bytes: () => number;
  /** Ends the hash; call once, when the body has ended. */
  readonly finish: () => Digest;
  readonly add: (chunk: Uint8Array) => void;
}

/** Counts and hashes what passes. */
export function createMeter(): Meter {
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    bytes: () => bytes,
    finish: () => hash.digest("hex"),
    add: (chunk) => {
      hash.update(chunk);
      bytes += chunk.byteLength;
    },
  };
}

/** UserError `wrong-digest` or `wrong-length` when a body is not what its sender said. */
export function assertExpected(
  key: string,
  expected: { readonly sha256?: Digest | undefined; readonly bytes?: number | undefined },
  actual: { readonly sha256: Digest; readonly bytes: number },
): void {
  if (expected.bytes !== undefined && expected.bytes !== actual.bytes) {
    throw new UserError(`the body of ${key} has ${actual.bytes} bytes where ${expected.bytes} were announced`, {
      code: "wrong-length",
      details: { expected: expected.bytes, actual: actual.bytes },
    });
  }
  if (expected.sha256 !== undefined && expected.sha256 !== actual.sha256) {
    throw new UserError(`the body of ${key} has the SHA-256 ${actual.sha256}, not the announced ${expected.sha256}`, {
      code: "wrong-digest",
      details: { expected: expected.sha256, actual: actual.sha256 },
    });
  }
}

/** The bytes that a range asks for, clipped to the object; UserError `bad-range` when it starts behind the end. */
export function resolveRange(
  range: { readonly start: number; readonly end?: number } | undefined,
  totalBytes: number,
): { readonly start: number; readonly bytes: number } {
  if (range === undefined) return { start: 0, bytes: totalBytes };
  const { start, end = totalBytes - 1 } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || start >= totalBytes) {
    throw new UserError(`the range ${start}-${range.end ?? ""} lies outside of the ${totalBytes} bytes there are`, {
      code: "bad-range",
      details: { start, end: range.end ?? null, totalBytes },
    });
  }
  return { start, bytes: Math.min(end, totalBytes - 1) - start + 1 };
}

/** PermanentError `object-missing`: what `get` throws for a key that is not there. */
export function missing(key: string, id: string): PermanentError {
  return new PermanentError(`there is no object ${key} in ${id}`, { code: "object-missing", details: { key } });
}

export function isMissing(error: unknown): boolean {
  return error instanceof PermanentError && error.code === "object-missing";
}

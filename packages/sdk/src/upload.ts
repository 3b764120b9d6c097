import { type Digest, mapBounded, type OfferedFile, UploadOfferAnswer } from "@loramill/contracts";
import type { Caller } from "./caller.ts";
import { ApiError, UnreachableError } from "./errors.ts";
import { wait } from "./wait.ts";

/** A file to upload: its path within the dataset, its bytes and their SHA-256. */
export interface UploadFile {
  readonly path: string;
  readonly sha256: Digest;
  readonly body: Blob;
}

/** How far an upload is. What the server had already counts as there from the start. */
export interface UploadProgress {
  readonly sentFiles: number;
  readonly sentBytes: number;
  /** Contents to send, each once. */
  readonly files: number;
  readonly bytes: number;
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Whether bodies are sent as streams, whose progress is known; browsers send none over HTTP/1.1. Default: true. */
  readonly streamed?: boolean;
}

const FILES_AT_ONCE = 6;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;

/**
 * Stores files for a spec's `{ type: upload }` source: offers them by content, sends what the server lacks, and gets the
 * listing. One that broke off goes on where it was when the same files are offered again.
 */
export async function uploadFiles(
  { call, request }: Caller,
  files: readonly UploadFile[],
  { signal, onProgress = () => {}, streamed = true }: UploadOptions = {},
): Promise<UploadOfferAnswer & { readonly listing: Digest }> {
  const offer = files.map(({ path, sha256, body }): OfferedFile => ({ path, sha256, bytes: body.size }));
  const bodies = new Map(files.map(({ sha256, body }) => [sha256, body]));
  const ask = () =>
    call({
      method: "POST",
      path: "/v1/uploads/by-content",
      body: { files: offer },
      answer: UploadOfferAnswer,
      signal,
    });
  const first = await ask();
  const progress = { sentFiles: 0, sentBytes: 0, files: first.missing.length, bytes: 0 };
  for (const sha256 of first.missing) progress.bytes += bodies.get(sha256)?.size ?? 0;
  const add = (bytes: number, files = 0) => {
    progress.sentBytes += bytes;
    progress.sentFiles += files;
    onProgress({ ...progress });
  };
  const failed = new AbortController();
  const ended = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
  await mapBounded(first.missing, FILES_AT_ONCE, async (sha256) => {
    try {
      await send(request, sha256, bodies.get(sha256) as Blob, { signal: ended, add, streamed });
    } catch (error) {
      // What else is under way is of no use any more.
      failed.abort();
      throw error;
    }
    add(0, 1);
  });
  const { listing, ...answer } = first.listing === null ? await ask() : first;
  if (listing !== null) return { listing, ...answer };
  throw new Error(`the server still lacks ${answer.missing.length} files after they were sent`);
}

/** Sends one file, and again where the network or the server failed. */
async function send(
  request: Caller["request"],
  sha256: Digest,
  body: Blob,
  options: { readonly signal: AbortSignal; readonly add: (bytes: number) => void; readonly streamed: boolean },
): Promise<void> {
  const { signal, add, streamed } = options;
  for (let attempt = 1; ; attempt++) {
    let sent = 0;
    const count = (bytes: number) => {
      sent += bytes;
      add(bytes);
    };
    try {
      const content = streamed ? { body: countBytes(body, count), duplex: "half" } : { body };
      await request(`/v1/blobs/${sha256}`, { method: "PUT", ...content, signal } as RequestInit);
      if (!streamed) count(body.size);
      return;
    } catch (error) {
      if (attempt >= ATTEMPTS || !isWorthAnother(error)) throw error;
      add(-sent);
      await wait(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    }
  }
}

/** The bytes of a body as they are taken, each chunk told of. */
function countBytes(body: Blob, count: (bytes: number) => void): ReadableStream<Uint8Array> {
  return body.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        count(chunk.length);
        controller.enqueue(chunk);
      },
    }),
  );
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof UnreachableError) return true;
  return error instanceof ApiError && (error.problem.status === 429 || error.problem.status >= 500);
}

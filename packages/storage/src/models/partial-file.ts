import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Digest } from "@loramill/contracts";
import { z } from "zod";

const Note = z.object({ etag: z.string().min(1).max(1024) });

/** A file that is being fetched, and the ETag that says of which version its bytes are. Outlives the process. */
export interface PartialFile {
  readonly path: string;
  /** Bytes that are there and may be gone on from; null where there are none, or nothing says what they belong to. */
  resumable(): Promise<{ readonly byte: number; readonly etag: string } | null>;
  /** Starts it anew. An ETag that is missing or weak is not written: such a file cannot be gone on from. */
  restart(etag: string | undefined): Promise<void>;
  /** What came before the body breaks off is kept. */
  append(body: AsyncIterable<Uint8Array>): Promise<void>;
  bytes(): Promise<number>;
  /** Opened when the first of it is asked for. */
  read(): AsyncGenerator<Uint8Array>;
  sha256(signal: AbortSignal): Promise<Digest>;
  remove(): Promise<void>;
}

export function partialFile(path: string): PartialFile {
  const note = `${path}.json`;
  const bytes = async () => (await stat(path).catch(() => null))?.size ?? 0;
  return {
    path,
    bytes,
    async *read() {
      yield* createReadStream(path);
    },
    async resumable() {
      const byte = await bytes();
      const text = await readFile(note, "utf8").catch(() => "null");
      const known = Note.safeParse(parse(text));
      return byte > 0 && known.success ? { byte, etag: known.data.etag } : null;
    },
    async restart(etag) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      // The note goes first: bytes without one are never gone on from.
      await rm(note, { force: true });
      await writeFile(path, "", { mode: 0o600 });
      if (etag !== undefined && !etag.startsWith("W/"))
        await writeFile(note, JSON.stringify({ etag }), { mode: 0o600 });
    },
    async append(body) {
      // Chunk by chunk, so that what came before a break is in the file; a write stream would drop what it holds.
      const file = await open(path, "a", 0o600);
      try {
        for await (const chunk of body) await file.write(chunk);
      } finally {
        await file.close();
      }
    },
    async sha256(signal) {
      const hash = createHash("sha256");
      await pipeline(createReadStream(path), hash, { signal });
      return hash.digest("hex");
    },
    async remove() {
      await rm(note, { force: true });
      await rm(path, { force: true });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

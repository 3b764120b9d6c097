import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Body, Digest } from "@loramill/contracts";
import { chunksOf, createMeter } from "../bytes.ts";

export interface Spooled {
  readonly bytes: number;
  readonly sha256: Digest;
  /** Reads what was kept; may be called again. */
  readonly body: () => Body;
  readonly dispose: () => Promise<void>;
}

export interface SpoolOptions {
  readonly folder: string;
  /** Bodies up to this size stay in memory. */
  readonly memoryBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads a whole body to learn its digest, keeping it in memory or, when it is large, in a temporary file. */
export async function spool(body: Body, options: SpoolOptions): Promise<Spooled> {
  const { folder, memoryBytes, signal } = options;
  const meter = createMeter();
  const kept: Uint8Array[] = [];
  let file: SpoolFile | undefined;
  try {
    for await (const chunk of chunksOf(body, signal)) {
      meter.add(chunk);
      if (file === undefined && meter.bytes() > memoryBytes) {
        file = await createSpoolFile(folder);
        for (const earlier of kept.splice(0)) await file.append(earlier);
      }
      if (file === undefined) kept.push(chunk);
      else await file.append(chunk);
    }
    signal?.throwIfAborted();
  } catch (error) {
    await file?.dispose();
    throw error;
  }
  const facts = { bytes: meter.bytes(), sha256: meter.finish() };
  if (file === undefined) return { ...facts, body: () => Buffer.concat(kept), dispose: async () => {} };
  const { read, dispose } = file;
  return { ...facts, body: () => read(facts.bytes, signal), dispose };
}

const READ_BYTES = 256 * 1024;

interface SpoolFile {
  append(chunk: Uint8Array): Promise<void>;
  read(bytes: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array>;
  dispose(): Promise<void>;
}

/** A file without a name: whatever becomes of this process, nothing is left of it on a volume that outlives it. */

async function createSpoolFile(folder: string): Promise<SpoolFile> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `loramill-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600);
  await rm(path, { force: true });
  return {
    append: (chunk) => handle.appendFile(chunk),
    read: (...what) => readFrom(handle, ...what),
    dispose: () => handle.close(),
  };
}

async function* readFrom(
  handle: FileHandle,
  bytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; ) {
    signal?.throwIfAborted();
    const chunk = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, bytes - at));
    const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, at);
    if (bytesRead === 0) throw new Error(`a temporary file ended after ${at} of ${bytes} bytes`);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

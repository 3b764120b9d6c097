import { randomUUID } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Body, Digest } from "@loramill/contracts";
import { chunksOf, createMeter } from "../bytes.ts";
import { readLocalFile } from "../sources/local-file.ts";

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
  const { path, dispose } = file;
  const read = { maxBytes: facts.bytes, signal };
  return { ...facts, body: () => readLocalFile(path, "the temporary file", read), dispose };
}

interface SpoolFile {
  readonly path: string;
  append(chunk: Uint8Array): Promise<void>;
  dispose(): Promise<void>;
}

async function createSpoolFile(folder: string): Promise<SpoolFile> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `loramill-${randomUUID()}`);
  const handle = await open(path, "wx", 0o600);
  return {
    path,
    append: (chunk) => handle.appendFile(chunk),
    dispose: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Body, Digest } from "@loramill/contracts";
import { chunksOf, createMeter } from "../bytes.ts";
import { SNIFFED_BYTES } from "./content-type.ts";
import { errorCode } from "./errors.ts";

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: Digest;
  /** The first bytes, for guessing a content type. */
  readonly head: Uint8Array;
}

/** Writes a body into a new file of the temporary folder; nothing is left of it when that fails or is aborted. */
export async function writeTemporary(
  folder: string,
  body: Body,
  options: { readonly sync: boolean; readonly signal?: AbortSignal | undefined },
): Promise<WrittenFile> {
  options.signal?.throwIfAborted();
  const path = join(folder, randomUUID());
  const file = await openIn(folder, path);
  try {
    const meter = createMeter();
    let head: Uint8Array = new Uint8Array(0);
    for await (const chunk of chunksOf(body, options.signal)) {
      meter.add(chunk);
      if (head.byteLength < SNIFFED_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFFED_BYTES)]);
      await writeFully(file, chunk);
    }
    options.signal?.throwIfAborted();
    if (options.sync) await file.datasync();
    await file.close();
    return { path, bytes: meter.bytes(), sha256: meter.finish(), head };
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
}

/** Moves a temporary file to its place in one step, over what is there; readers see the old file or the new one. */
export async function moveIntoPlace(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      // The folder is new, or a delete pruned it between the two calls.
      if (errorCode(error) !== "ENOENT" || attempt >= 20) throw error;
      await mkdir(dirname(to), { recursive: true });
    }
  }
}

async function openIn(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o666);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    await mkdir(folder, { recursive: true });
    return open(path, "wx", 0o666);
  }
}

async function writeFully(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < chunk.byteLength) {
    const { bytesWritten } = await file.write(chunk, offset, chunk.byteLength - offset);
    offset += bytesWritten;
  }
}

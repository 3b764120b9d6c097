import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { BlobRef, BlobStore } from "@loramill/contracts";

/** A folder of this machine for as long as the work takes; ffmpeg reads and writes files. */
export async function withWorkFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "loramill-clip-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function fetchTo(
  path: string,
  blob: Pick<BlobRef, "sha256">,
  blobs: BlobStore,
  signal: AbortSignal,
): Promise<string> {
  const { body } = await blobs.open(blob, { signal });
  await pipeline(body, createWriteStream(path), { signal });
  return path;
}

export async function keepFile(
  path: string,
  mediaType: string,
  blobs: BlobStore,
  signal: AbortSignal,
): Promise<BlobRef> {
  const { size } = await stat(path);
  return blobs.put(createReadStream(path), { mediaType, bytes: size, signal });
}

export const clipMediaTypes = { mp4: "video/mp4", webm: "video/webm", webp: "image/webp" } as const;

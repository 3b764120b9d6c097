import { type FileHandle, open } from "node:fs/promises";
import { type AgentImage, type Digest, layOutPack, sha256Hex } from "@loramill/contracts";
import type { ContentCache } from "./cache/content-cache.ts";

/** The pictures of a training that lie in one file of the cache. */
export interface OpenPack {
  /** Null for a picture whose bytes there are not what its digest says. */
  read(sha256: Digest): Promise<Uint8Array | null>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Null where the cache has no pack of just these pictures. */
export async function openPack(
  images: readonly AgentImage[],
  cache: Pick<ContentCache, "findPack">,
  signal: AbortSignal,
): Promise<OpenPack | null> {
  const pack = layOutPack(images);
  const found = await cache.findPack(pack, signal);
  if (found === null) return null;
  let file: FileHandle | null = null;
  const close = async () => {
    await file?.close();
    file = null;
    await found.release();
  };
  try {
    file = await open(found.path, "r");
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async read(sha256) {
      const place = pack.places.get(sha256);
      if (file === null || place === undefined) return null;
      const content = Buffer.alloc(place.bytes);
      const { bytesRead } = await file.read(content, 0, place.bytes, place.start);
      return bytesRead === place.bytes && sha256Hex(content) === sha256 ? content : null;
    },
    close,
  };
}

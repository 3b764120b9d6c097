import { BlobRef, type Digest, type Stores } from "@loramill/contracts";
import { z } from "zod";

const CHUNK_KIND = "restyled-frames";
const CLIP_KIND = "restyled-clip";

/** Frames that are drawn. */
const Chunk = z.object({
  frames: z.array(BlobRef),
  /** How the inner backend says that it drew them. */
  made: z.object({ sampler: z.string(), steps: z.int(), guidance: z.number(), baseModel: z.string() }),
  seconds: z.number(),
});
export type Chunk = z.output<typeof Chunk>;

/** A clip that is put together. */
const Restyled = z.object({
  file: BlobRef,
  width: z.int(),
  height: z.int(),
  frames: z.int(),
  fps: z.number(),
  ...Chunk.shape.made.shape,
  seconds: z.number(),
});
export type Restyled = z.output<typeof Restyled>;

/** What is done of restyled clips, under the digests of what decides it; null where it is not, or is gone. */
export function openRestyleMemory({ memos, blobs }: Pick<Stores, "memos" | "blobs">) {
  return {
    async findChunk(key: Digest): Promise<Chunk | null> {
      const { data } = Chunk.safeParse(await memos.find(CHUNK_KIND, key));
      const last = data?.frames.at(-1);
      return data !== undefined && last !== undefined && (await blobs.has(last.sha256)) ? data : null;
    },
    putChunk: (key: Digest, chunk: Chunk) => memos.put(CHUNK_KIND, key, chunk),
    async findClip(key: Digest): Promise<Restyled | null> {
      const { data } = Restyled.safeParse(await memos.find(CLIP_KIND, key));
      return data !== undefined && (await blobs.has(data.file.sha256)) ? data : null;
    },
    putClip: (key: Digest, clip: Restyled) => memos.put(CLIP_KIND, key, clip),
  };
}

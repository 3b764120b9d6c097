import { BlobRef, type Digest, type Stores } from "@loramill/contracts";
import { z } from "zod";

const KIND = "comfyui-generation";

/** A file that was made, without its place in a grid. */
const MadeFile = z.object({
  file: BlobRef,
  width: z.int(),
  height: z.int(),
  frames: z.int().optional(),
  fps: z.number().optional(),
  sampler: z.string(),
  steps: z.int(),
  guidance: z.number(),
  baseModel: z.string(),
  seconds: z.number(),
  pipeline: z.string().optional(),
  peakVramBytes: z.number().nullable(),
  graph: BlobRef.optional(),
});
export type MadeFile = z.output<typeof MadeFile>;
const Finished = z.object({ files: z.array(MadeFile).min(1) });

/** What is made, under the digests of what decides it; null where it is not, or is gone. */
export interface FinishedItems {
  find(key: Digest): Promise<readonly MadeFile[] | null>;
  put(key: Digest, files: readonly MadeFile[]): Promise<void>;
}

export function openFinishedItems({ memos, blobs }: Pick<Stores, "memos" | "blobs">): FinishedItems {
  return {
    async find(key) {
      const files = Finished.safeParse(await memos.find(KIND, key)).data?.files ?? [];
      const there = await Promise.all(files.map(({ file }) => blobs.has(file.sha256)));
      return files.length > 0 && there.every(Boolean) ? files : null;
    },
    put: (key, files) => memos.put(KIND, key, { files }),
  };
}

import { type Digest, digestOf, type Stores } from "@loramill/contracts";
import { z } from "zod";
import type { BaseFiles, PictureSizes } from "./training-graph.ts";

/** Nodes that keep encoded pictures on the server's disk; ComfyUI has them since 0.29. */
export const keepingNodes = ["SaveTrainingDataset", "LoadTrainingDataset"] as const;

const KIND = "comfyui-dataset";
const Memo = z.object({ isWhole: z.boolean() });

/** Name of what a base model makes of the pictures of a folder at these sizes. */
export function keptName(folder: string, base: BaseFiles, sizes: PictureSizes): string {
  return `${folder}-${digestOf({ base, sizes }).slice(0, 16)}`;
}

/**
 * Which datasets lie whole on which server. Its own list does not tell: a prompt that was stopped leaves a part of one
 * under the same name.
 */
export interface KeptDatasets {
  isWhole(server: string, name: string): Promise<boolean>;
  note(server: string, name: string, isWhole: boolean): Promise<void>;
}

export function openKeptDatasets({ memos }: Pick<Stores, "memos">): KeptDatasets {
  const keyOf = (server: string, name: string): Digest => digestOf({ server, name });
  return {
    async isWhole(server, name) {
      return Memo.safeParse(await memos.find(KIND, keyOf(server, name))).data?.isWhole ?? false;
    },
    note: (server, name, isWhole) => memos.put(KIND, keyOf(server, name), { isWhole }),
  };
}

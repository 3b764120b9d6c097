import { Digest, digestOf, type Stores } from "@loramill/contracts";
import { z } from "zod";
import type { Load } from "./plan-item.ts";

const KIND = "comfyui-loaded";
const LoadSchema: z.ZodType<Load> = z.object({ base: Digest, loras: Digest });

/**
 * What each server was last sent, by any worker: what it has loaded, or will have once its queue is empty. A hint, as
 * others may use the server too; wrong ones cost time alone.
 */
export interface LoadedModels {
  find(server: string): Promise<Load | null>;
  /** Null: nothing any more. */
  note(server: string, load: Load | null): Promise<void>;
}

export function openLoadedModels({ memos }: Pick<Stores, "memos">): LoadedModels {
  return {
    find: async (server) => LoadSchema.safeParse(await memos.find(KIND, digestOf({ server }))).data ?? null,
    note: (server, load) => memos.put(KIND, digestOf({ server }), load),
  };
}

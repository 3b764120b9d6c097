import {
  type GenerationPreview,
  type JobContext,
  type JsonObject,
  lorasOf,
  type PreviewedItem,
  previewPath,
} from "@loramill/contracts";
import type { Making } from "./making.ts";
import type { Turn } from "./turn.ts";

const MOST_PREVIEWS = 32;

/** Where the API shows what is being drawn; of a few items, because progress is small. */
export function shownPreviews(previews: readonly PreviewedItem[] = [], { job }: JobContext): JsonObject {
  if (previews.length === 0) return {};
  const shown = previews.slice(0, MOST_PREVIEWS).map(({ index, at }): GenerationPreview => {
    return { item: index, at: at.toISOString(), url: previewPath(job, index) };
  });
  return { previews: shown };
}

/** Says, with the first files, that the LoRAs were applied; answers whether they were. */
export function reportApplied(done: number, { left, loads }: Turn, { loaded, backend, ctx }: Making): boolean {
  if (done === 0) return false;
  for (const [called, { name, weights }] of Object.entries(loaded.loras)) {
    if (left.some((each) => each.called === called)) continue;
    const uses = loaded.request.items.flatMap(({ spec }) => lorasOf(spec)).filter(({ lora }) => lora === called);
    const strengths = [...new Set(uses.map(({ strength }) => strength))];
    const taken = loads[called];
    ctx.event("lora.applied", {
      name,
      sha256: weights.sha256,
      strengths,
      backend: backend.name,
      ...(taken === undefined ? {} : { loads: `${taken.keys} of ${taken.of} keys` }),
    });
  }
  return true;
}

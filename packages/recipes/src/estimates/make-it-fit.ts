import type { Recipe } from "@loramill/contracts";
import { families } from "../families/index.ts";
import { estimateVram } from "./estimate-vram.ts";

/** A change that saves memory, in words that can be typed into a spec. */
export interface SavingChange {
  readonly change: string;
  readonly costs: string;
}

interface Saving extends SavingChange {
  readonly apply: (recipe: Recipe) => Partial<Recipe> | null;
}

/** From what costs least to what costs most. */
const savings: readonly Saving[] = [
  {
    change: "gradientCheckpointing: true",
    costs: "a third more time",
    apply: ({ gradientCheckpointing }) => (gradientCheckpointing ? null : { gradientCheckpointing: true }),
  },
  {
    change: "optimiser: adamw8bit",
    costs: "nothing to speak of",
    apply: ({ optimiser }) => (["adamw", "prodigy"].includes(optimiser) ? { optimiser: "adamw8bit" } : null),
  },
  {
    change: "textCaching: disk, captionDropout: 0, shuffleTokens: false",
    costs: "captions are no longer dropped",
    apply: (recipe) =>
      recipe.textCaching === "none" && !recipe.trainTextEncoder
        ? { textCaching: "disk", captionDropout: 0, shuffleTokens: false }
        : null,
  },
  {
    change: "batchSize: 1, and gradientAccumulation times as much",
    costs: "a little time",
    apply: ({ batchSize, gradientAccumulation }) =>
      batchSize > 1 ? { batchSize: 1, gradientAccumulation: gradientAccumulation * batchSize } : null,
  },
  {
    change: "baseQuantisation: fp8",
    costs: "a little quality",
    apply: ({ baseQuantisation }) => (baseQuantisation === "none" ? { baseQuantisation: "fp8" } : null),
  },
  {
    change: "baseQuantisation: nf4",
    costs: "some quality and time",
    apply: ({ baseQuantisation }) => (baseQuantisation === "nf4" ? null : { baseQuantisation: "nf4" }),
  },
];

/**
 * The changes, least costly first, after which a recipe fits into so much memory with room to spare; null when nothing
 * helps. Block swap comes last, with the fewest blocks that suffice.
 */
export function makeItFit(recipe: Recipe, vramBytes: number): readonly SavingChange[] | null {
  const fits = (changed: Recipe) => estimateVram(changed).bytes.p90 <= vramBytes;
  const made: SavingChange[] = [];
  let changed = recipe;
  for (const { apply, change, costs } of savings) {
    if (fits(changed)) return made;
    const saving = apply(changed);
    if (saving === null) continue;
    const saved = { ...changed, ...saving };
    if (estimateVram(saved).bytes.p50 >= estimateVram(changed).bytes.p50) continue;
    changed = saved;
    made.push({ change, costs });
  }
  if (fits(changed)) return made;
  const { network, flowMatching } = families[recipe.family];
  if (!flowMatching) return null;
  for (let blockSwap = changed.blockSwap + 1; blockSwap < (network.swappable ?? network.blocks); blockSwap += 1) {
    if (!fits({ ...changed, blockSwap })) continue;
    return [...made, { change: `blockSwap: ${blockSwap}`, costs: "time, and main memory for what is swapped" }];
  }
  return null;
}

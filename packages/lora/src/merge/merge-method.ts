import { UserError } from "@loramill/contracts";
import type { Election } from "./consensus.ts";

/** How LoRAs become one. All but the `kohya-` and `peft-` ones work on the changes themselves, never on factors alone. */
export type MergeMethod =
  /** The exact weighted sum; ranks add up. */
  | { readonly kind: "concat" }
  /** The weighted sum, cut to a rank. */
  | { readonly kind: "svd"; readonly rank: number }
  /** Two LoRAs: the line between them, from the first (t = 0) to the second; exact, ranks add up. */
  | { readonly kind: "lerp"; readonly t: number }
  /** Two LoRAs: the arc between them, module by module; exact, ranks add up. */
  | { readonly kind: "slerp"; readonly t: number }
  /** The largest elements of each (share `density`), weighted and summed, cut to a rank. */
  | { readonly kind: "magnitude"; readonly rank: number; readonly density: number }
  /** The largest elements of each, of those the ones whose sign wins, cut to a rank. `rule`: see `mergeByConsensus`. */
  | {
      readonly kind: "ties";
      readonly rank: number;
      readonly density: number;
      readonly election?: Election;
      readonly rule?: "peft" | "mergekit" | "sum";
    }
  /** A random share `density` of the elements of each, made larger by as much; with `ties` only those whose sign wins. */
  | { readonly kind: "dare"; readonly rank: number; readonly density: number; readonly ties?: boolean }
  /** As kohya's merge_lora, by adding factors: not the sum of the changes. Equal ranks. */
  | { readonly kind: "kohya-sum" }
  /** As kohya's merge_lora with `--concat`: weights act squared, the result is weaker than its parts. */
  | { readonly kind: "kohya-concat" }
  /** As kohya's svd_merge_lora: all of the singular values in up, both factors clamped to ± their 0.99 quantile. */
  | { readonly kind: "kohya-svd"; readonly rank: number }
  /** As PEFT's `linear`, by adding factors: not the sum of the changes. Equal ranks. */
  | { readonly kind: "peft-linear" };

/** Throws UserError `bad-merge` that names what is out of range. */
export function checkMergeMethod(method: MergeMethod, inputs: number): void {
  if ("rank" in method && !(Number.isSafeInteger(method.rank) && method.rank >= 1)) {
    throw badMerge("rank", `rank ${method.rank} is not a whole number of at least 1`);
  }
  if ("density" in method && !(method.density > 0 && method.density <= 1)) {
    throw badMerge("density", `density ${method.density} is not above 0 and at most 1`);
  }
  if ("t" in method && !(method.t >= 0 && method.t <= 1)) throw badMerge("t", `t ${method.t} is not between 0 and 1`);
  if ("t" in method && inputs !== 2) {
    throw badMerge("loras", `${method.kind} goes from one LoRA to another: it takes two, not ${inputs}`);
  }
  if (inputs === 0) throw badMerge("loras", "there is nothing to merge");
}

export function badMerge(field: string, message: string): UserError {
  return new UserError(message, { code: "bad-merge", details: { field } });
}

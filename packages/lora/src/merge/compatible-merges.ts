import { UserError } from "@loramill/contracts";
import { type Matrix, matrix, scaled } from "../math/matrix.ts";

/** The factors of one LoRA as its file has them, alpha beside them. */
export interface WeightedFactors {
  readonly up: Matrix;
  readonly down: Matrix;
  readonly alpha: number;
  readonly weight: number;
}

interface Merged {
  readonly up: Matrix;
  readonly down: Matrix;
  readonly alpha: number;
}

/**
 * As kohya's merge_lora without `--concat`: both factors times √(αᵢ/α₀) and the ratio (without its sign for up), summed,
 * α₀ kept. Not the sum of the changes: ratios act squared, and each up meets each down. For results that must equal that
 * tool's. Throws UserError `unequal-ranks`.
 */
export function kohyaSum(terms: readonly WeightedFactors[]): Merged {
  requireEqualRanks(terms.map(({ down }) => down.rows));
  const scales = kohyaScales(terms);
  return { ...sumFactors(terms, scales), alpha: terms[0]?.alpha ?? 0 };
}

/**
 * What kohya's merge_lora multiplies each factor by. With `--concat` it joins the ranks of factors scaled so and keeps α₀
 * while the rank grows: ratios act squared, and the result is weaker than its parts by r₀ / Σr.
 */
export function kohyaScales(
  terms: readonly Pick<WeightedFactors, "alpha" | "weight">[],
): { up: number; down: number }[] {
  const first = terms[0]?.alpha ?? 1;
  return terms.map(({ alpha, weight }) => {
    const root = Math.sqrt(alpha / first);
    return { up: root * Math.abs(weight), down: root * weight };
  });
}

/**
 * As PEFT's `add_weighted_adapter` of type `linear`: A times sign · √|w·s|, B times √|w·s|, summed; s = α/r. Not the sum of
 * the changes: each B meets each A. Throws UserError `unequal-ranks`.
 */
export function peftLinear(terms: readonly WeightedFactors[]): Merged {
  requireEqualRanks(terms.map(({ down }) => down.rows));
  const scales = terms.map(({ alpha, weight, down }) => {
    const strength = (weight * alpha) / down.rows;
    const root = Math.sqrt(Math.abs(strength));
    return { up: root, down: Math.sign(strength) * root };
  });
  return { ...sumFactors(terms, scales), alpha: terms[0]?.down.rows ?? 0 };
}

function sumFactors(
  terms: readonly WeightedFactors[],
  scales: readonly { readonly up: number; readonly down: number }[],
): { up: Matrix; down: Matrix } {
  const sum = (pick: "up" | "down"): Matrix => {
    const parts = terms.map((term, i) => scaled(term[pick], scales[i]?.[pick] ?? 0));
    const total = matrix(parts[0]?.rows ?? 0, parts[0]?.columns ?? 0);
    for (const { values } of parts) {
      for (let i = 0; i < values.length; i += 1) total.values[i] = (total.values[i] as number) + (values[i] as number);
    }
    return total;
  };
  return { up: sum("up"), down: sum("down") };
}

/** Throws UserError `unequal-ranks`. */
export function requireEqualRanks(all: readonly number[]): void {
  const ranks = [...new Set(all)];
  if (ranks.length <= 1) return;
  throw new UserError(
    `this way of merging adds factors and needs equal ranks, there are ${ranks.join(" and ")}: use concat, svd, or resize one first`,
    { code: "unequal-ranks", details: { ranks } },
  );
}

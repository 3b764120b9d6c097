/** How many singular values a resize keeps. */
export type RankRule =
  | { readonly kind: "fixed"; readonly rank: number }
  /** Those larger than the largest divided by `ratio` (≥ 1). */
  | { readonly kind: "ratio"; readonly ratio: number; readonly maxRank: number }
  /** As many as hold `share` (0–1) of the sum of all. */
  | { readonly kind: "cumulative"; readonly share: number; readonly maxRank: number }
  /** As many as hold `share` (0–1) of the Frobenius norm. */
  | { readonly kind: "frobenius"; readonly share: number; readonly maxRank: number };

export interface KeptRank {
  readonly rank: number;
  /** Of the sum of the singular values. */
  readonly sumRetained: number;
  /** Of the Frobenius norm. */
  readonly frobeniusRetained: number;
  /** The largest kept singular value by the smallest. */
  readonly maxRatio: number;
}

/** A matrix whose largest singular value is below this counts as zero. */
const ZERO = 1e-6;

/**
 * The rank by a rule, as kohya's resize_lora counts it: one more than its rules find, never above `maxRank`. `values` are
 * descending and as many as the shorter side of the matrix has, zeros included.
 */
export function keptRank(values: Float64Array, rule: RankRule): KeptRank {
  const rank = Math.max(1, Math.min(wanted(values, rule), values.length));
  const squares = values.map((value) => value * value);
  const [sum, energy] = [total(values), total(squares)];
  const smallest = values[rank - 1] ?? 0;
  return {
    rank,
    sumRetained: sum === 0 ? 1 : total(values.subarray(0, rank)) / sum,
    frobeniusRetained: energy === 0 ? 1 : Math.sqrt(total(squares.subarray(0, rank)) / energy),
    maxRatio: smallest === 0 ? Number.POSITIVE_INFINITY : (values[0] ?? 0) / smallest,
  };
}

function wanted(values: Float64Array, rule: RankRule): number {
  if (rule.kind === "fixed") return rule.rank;
  if ((values[0] ?? 0) <= ZERO) return 1;
  const found = Math.max(1, Math.min(countBy(values, rule), values.length - 1));
  return Math.min(found + 1, rule.maxRank);
}

function countBy(values: Float64Array, rule: Exclude<RankRule, { kind: "fixed" }>): number {
  if (rule.kind === "ratio") return values.filter((value) => value > (values[0] ?? 0) / rule.ratio).length;
  if (rule.kind === "cumulative") return firstReaching(values, rule.share) + 1;
  return (
    firstReaching(
      values.map((value) => value * value),
      rule.share ** 2,
    ) + 1
  );
}

/** Place of the first element with which the running sum reaches a share of the whole. */
function firstReaching(parts: Float64Array, share: number): number {
  const goal = share * total(parts);
  let sum = 0;
  const place = parts.findIndex((part) => {
    sum += part;
    return sum >= goal;
  });
  return place < 0 ? parts.length : place;
}

const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);

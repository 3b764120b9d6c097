import type { Range } from "@loramill/contracts";

/** A number from 0 to 1, 1 excluded. */
export type Random = () => number;

/** One draw of a normal distribution with mean 0 and deviation 1 (Box–Muller). */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A lognormal draw that is below `p50` half of the time and below `p90` nine times in ten. */
export function drawFrom({ p50, p90 }: Range, random: Random): number {
  const spread = p50 > 0 && p90 > p50 ? Math.log(p90 / p50) / NORMAL_P90 : 0;
  return p50 * Math.exp(spread * drawNormal(random));
}

/** Seconds until the next of events that come so often an hour; infinite for none. */
export function drawWaitSeconds(perHour: number, random: Random): number {
  return perHour <= 0 ? Number.POSITIVE_INFINITY : (-Math.log(1 - random()) / perHour) * 3_600;
}

/** Below it a normal draw is nine times in ten. */
const NORMAL_P90 = 1.2816;

/** The smallest values that half and nine tenths of the values do not exceed, counted by the weight of each, by its place. */
export function rangeOf(values: readonly number[], weightOf: (index: number) => number = () => 1): Range {
  const sorted = values.map((value, index) => ({ value, weight: weightOf(index) })).sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const at = (share: number): number => {
    // Sums of weights that are no whole numbers are off by their rounding.
    let missing = total * (share - 1e-9);
    for (const { value, weight } of sorted) {
      missing -= weight;
      if (missing <= 0) return value;
    }
    return 0;
  };
  return { p50: at(0.5), p90: at(0.9) };
}

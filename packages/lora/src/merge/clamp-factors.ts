import type { Factors } from "../math/factor-svd.ts";

/**
 * Both factors clamped to ± the quantile of all their signed elements together (linear interpolation), as kohya's tools do.
 * It depends on the signs that the singular vectors happen to have, and loses what it cuts.
 */
export function clampFactors({ up, down }: Factors, quantile: number): Factors {
  const all = new Float64Array(up.values.length + down.values.length);
  all.set(up.values);
  all.set(down.values, up.values.length);
  all.sort();
  const place = quantile * (all.length - 1);
  const low = all[Math.floor(place)] ?? 0;
  const high = all[Math.ceil(place)] ?? low;
  const bound = low + (high - low) * (place - Math.floor(place));
  const clamp = (values: Float64Array) => values.map((value) => Math.max(-bound, Math.min(bound, value)));
  return { up: { ...up, values: clamp(up.values) }, down: { ...down, values: clamp(down.values) } };
}

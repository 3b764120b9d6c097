/** How far what was taken was off from what the prior expected, as natural logarithms. */
export interface Calibration {
  readonly observations: number;
  /** Factors of the prior. */
  readonly p50: number;
  readonly p90: number;
}

export interface PriorSpread {
  /** Standard deviation of log (taken / expected) before anything is observed. */
  readonly sigma: number;
  /** How many observations the prior's spread, and its middle, weigh as much as. */
  readonly spreadWeight: number;
  readonly middleWeight: number;
}

const Z90 = 1.2815515655;

/**
 * Where the next ratio of taken ÷ expected will lie, of which some were seen. Ratios are taken as lognormal with unknown
 * middle and spread, so the quantiles are those of Student's t: wide while little is known, close to the data later. With
 * none seen, p50 is 1 and p90 is what the prior says.
 */
export function calibrateRatios(
  ratios: readonly number[],
  { sigma, spreadWeight, middleWeight }: PriorSpread,
): Calibration {
  const logs = ratios.filter((ratio) => ratio > 0 && Number.isFinite(ratio)).map(Math.log);
  const n = logs.length;
  const mean = n === 0 ? 0 : logs.reduce((sum, log) => sum + log, 0) / n;
  const known = middleWeight + n;
  const centre = (n * mean) / known;
  const scatter = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  const shift = (middleWeight * n * mean ** 2) / known;
  const freedom = spreadWeight + n;
  const spread = Math.sqrt(((spreadWeight * sigma ** 2 + scatter + shift) / freedom) * (n === 0 ? 1 : 1 + 1 / known));
  // Without observations the prior's own quantile holds: its spread is stated, not estimated.
  const t = n === 0 ? Z90 : studentT90(freedom);
  return { observations: n, p50: Math.exp(centre), p90: Math.exp(centre + t * spread) };
}

/** 90 % quantile of Student's t by Cornish and Fisher's expansion; within 1 % from three degrees of freedom on. */
function studentT90(freedom: number): number {
  const z = Z90;
  const first = (z ** 3 + z) / (4 * freedom);
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
  return z + first + second;
}

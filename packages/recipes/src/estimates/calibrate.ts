import type { PastTraining, Range, TrainingEstimate } from "@loramill/contracts";

/** What earlier trainings of the same kind say about an estimate. */
export interface Calibration {
  readonly trainings: number;
  /** Median of taken ÷ estimated. */
  readonly factor: number;
  /** Median of how far the uncorrected estimates were off, as a share of what was taken. */
  readonly medianError: number;
}

export type TrainingKind = Pick<PastTraining, "backend" | "family" | "gpu">;

/** Fewer than this tell more about chance than about the machine. */
const LEAST_TRAININGS = 3;

const isSameKind = (a: TrainingKind, b: TrainingKind): boolean =>
  a.backend === b.backend && a.family === b.family && a.gpu === b.gpu;

/** Of one backend, family and GPU; null while too few have ended. */
export function calibrationOf(kind: TrainingKind, past: readonly PastTraining[]): Calibration | null {
  const ratios = ratiosOf(kind, past);
  if (ratios.length < LEAST_TRAININGS) return null;
  return {
    trainings: ratios.length,
    factor: quantile(ratios, 0.5),
    medianError: quantile(
      ratios.map((ratio) => Math.abs(1 / ratio - 1)),
      0.5,
    ),
  };
}

/**
 * An estimate corrected by trainings that have ended: the middle moves by the median of taken ÷ estimated, the pessimistic
 * end to where nine of ten lay. With fewer than three it stays as the model has it.
 */
export function calibrate(
  estimate: TrainingEstimate,
  kind: TrainingKind,
  past: readonly PastTraining[],
): TrainingEstimate {
  const ratios = ratiosOf(kind, past);
  if (ratios.length < LEAST_TRAININGS) return estimate;
  const { seconds, costMicroUsd } = estimate;
  const middle = quantile(ratios, 0.5);
  const high = Math.max(quantile(ratios, 0.9), middle);
  const corrected = (of: Range): Range => ({ p50: of.p50 * middle, p90: of.p50 * high });
  return { ...estimate, seconds: corrected(seconds), costMicroUsd: corrected(costMicroUsd) };
}

function ratiosOf(kind: TrainingKind, past: readonly PastTraining[]): number[] {
  return past
    .filter((one) => isSameKind(one, kind) && one.estimatedSeconds > 0 && one.takenSeconds > 0)
    .map(({ takenSeconds, estimatedSeconds }) => takenSeconds / estimatedSeconds);
}

/** The value that this share of the others does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

import type { PastTraining, Range, TrainingEstimate } from "@loramill/contracts";

/** What earlier trainings of the same kind say about an estimate. */
export interface Calibration {
  readonly trainings: number;
  /** Taken ÷ estimated: the median, and what nine of ten stayed within. */
  readonly ratio: Range;
  /** Median of how far the uncorrected estimates were off, as a share of what was taken. */
  readonly medianError: number;
}

/** Without a backend, trainings of all of them. */
export type TrainingKind = Pick<PastTraining, "family" | "gpu"> & Partial<Pick<PastTraining, "backend">>;

/** Fewer than this tell more about chance than about the machine. */
const LEAST_TRAININGS = 3;

const isOfKind = ({ backend, family, gpu }: TrainingKind, past: PastTraining): boolean =>
  (backend === undefined || past.backend === backend) && past.family === family && past.gpu === gpu;

/** Null while too few of the kind have ended. */
export function calibrationOf(kind: TrainingKind, past: readonly PastTraining[]): Calibration | null {
  const ratios = ratiosOf(kind, past);
  if (ratios.length < LEAST_TRAININGS) return null;
  const middle = quantile(ratios, 0.5);
  return {
    trainings: ratios.length,
    ratio: { p50: middle, p90: Math.max(quantile(ratios, 0.9), middle) },
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
export function calibrate<E extends Estimate>(estimate: E, calibration: Pick<Calibration, "ratio"> | null): E {
  if (calibration === null) return estimate;
  const { ratio } = calibration;
  const corrected = ({ p50 }: Range): Range => ({ p50: p50 * ratio.p50, p90: p50 * ratio.p90 });
  const cost = estimate.costMicroUsd === null ? null : corrected(estimate.costMicroUsd);
  const costMicroUsd = cost === null ? null : { p50: Math.ceil(cost.p50), p90: Math.ceil(cost.p90) };
  return { ...estimate, seconds: corrected(estimate.seconds), costMicroUsd };
}

/** The cost is null where no price is known. */
type Estimate = Pick<TrainingEstimate, "seconds"> & { readonly costMicroUsd: Range | null };

function ratiosOf(kind: TrainingKind, past: readonly PastTraining[]): number[] {
  return past
    .filter((one) => isOfKind(kind, one) && one.estimatedSeconds > 0 && one.takenSeconds > 0)
    .map(({ takenSeconds, estimatedSeconds }) => takenSeconds / estimatedSeconds);
}

/** The value that this share of the others does not exceed. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

import type { EstimateCalibration, ModelFamily } from "@loramill/contracts";
import { calibrate, type GpuEstimate } from "@loramill/recipes";

/** An estimate by the model of docs/training.md, corrected where trainings on that GPU have ended. */
export interface CorrectedEstimate extends GpuEstimate {
  readonly calibration: Omit<EstimateCalibration, "family" | "gpu"> | null;
}

export function correctEstimates(
  estimates: readonly GpuEstimate[],
  family: ModelFamily,
  calibrations: readonly EstimateCalibration[],
): CorrectedEstimate[] {
  return estimates.map((estimate) => {
    const known = calibrations.find((one) => one.family === family && one.gpu === estimate.gpuId);
    if (known === undefined) return { ...estimate, calibration: null };
    const { trainings, ratio, medianError } = known;
    return { ...calibrate(estimate, known), calibration: { trainings, ratio, medianError } };
  });
}

/** What the times rest on, a line for each GPU that was corrected; `calibrations` is null where nobody could be asked. */
export function calibrationLines(
  estimates: readonly CorrectedEstimate[],
  calibrations: readonly EstimateCalibration[] | null,
): string[] {
  if (calibrations === null) {
    return ["From the model in docs/training.md alone: no mill or API answers that knows what trainings took."];
  }
  const lines = estimates.flatMap(({ gpu, calibration }) => {
    if (calibration === null) return [];
    const { trainings, ratio, medianError } = calibration;
    const took = `took ${ratio.p50.toFixed(2)} (p50) and ${ratio.p90.toFixed(2)} (p90) times what the model says`;
    const off = `half of its estimates were off by more than ${Math.round(100 * medianError)} %`;
    return [`${gpu}: calibrated by ${trainings} of your trainings, which ${took}; ${off}`];
  });
  if (lines.length === estimates.length) return lines;
  const rest =
    lines.length === 0 ? "From the model in docs/training.md" : "The others are from the model in docs/training.md";
  return [...lines, `${rest}: fewer than three of your trainings of the family have ended there.`];
}

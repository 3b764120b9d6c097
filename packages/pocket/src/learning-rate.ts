import type { PocketTrainingSettings } from "@loramill/contracts";

/** Warm-up, then by name: constant; linear: constant to the half, then down to 5 %; cosine: down to 0. */
export function learningRateAt(step: number, settings: PocketTrainingSettings): number {
  const peak = settings.learningRate;
  if (step < settings.warmupSteps) return (peak * (step + 1)) / settings.warmupSteps;
  const share = step / settings.steps;
  if (settings.scheduler === "cosine") return peak * 0.5 * (1 + Math.cos(Math.PI * share));
  if (settings.scheduler === "linear" && share > 0.5) return peak * (1 - 0.95 * (share - 0.5) * 2);
  return peak;
}

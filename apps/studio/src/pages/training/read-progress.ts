import type { JsonObject } from "@loramill/contracts";

export interface TrainingNumbers {
  readonly step: number | null;
  readonly loss: number | null;
  readonly averageLoss: number | null;
  readonly etaSeconds: number | null;
  readonly stepsPerSecond: number | null;
}

/** What a training said last of how far it is; null where it said nothing of that. */
export function readProgress(progress: JsonObject | null): TrainingNumbers {
  const told = (name: string): number | null => {
    const value = progress?.[name];
    return typeof value === "number" ? value : null;
  };
  return {
    step: told("step"),
    loss: told("loss"),
    averageLoss: told("averageLoss"),
    etaSeconds: told("etaSeconds"),
    stepsPerSecond: told("stepsPerSecond"),
  };
}

import type { Charge, TrainingMeter, TrainingProgress, TrainingRequest } from "@loramill/contracts";
import type { ComfyUiRecord } from "./training-record.ts";

const priceOf = (seconds: number, usdPerHour: number): number => Math.round((seconds / 3600) * usdPerHour * 1_000_000);

/** Where a training stands; ComfyUI tells no losses. */
export function progressOf(
  record: ComfyUiRecord,
  { recipe }: TrainingRequest,
  stepsPerSecond: number | null,
): TrainingProgress {
  const { step } = record;
  return {
    step,
    totalSteps: recipe.steps,
    loss: null,
    averageLoss: null,
    stepsPerSecond,
    etaSeconds: stepsPerSecond === null ? null : (recipe.steps - step) / stepsPerSecond,
    imagesSeen: step * recipe.batchSize * recipe.gradientAccumulation,
    paidSeconds: Object.values(record.seconds).reduce((sum, seconds) => sum + seconds, 0),
  };
}

/** One line for each prompt of the job that is over, under its id: the ledger takes it once, however often it is told. */
export function chargesOf({ seconds, server, promptId, state }: ComfyUiRecord, usdPerHour: number): Charge[] {
  return Object.entries(seconds)
    .filter(([id]) => id !== promptId || isOver(state))
    .map(([id, quantity]) => ({
      kind: "training",
      supplier: `comfyui:${server}`.slice(0, 128),
      quantity,
      unit: "gpu-second",
      amountMicroUsd: priceOf(quantity, usdPerHour),
      note: `prompt ${id}`,
      mark: id,
    }));
}

/** The prompt that is under way is charged when it is over. */
export function meterOf({ seconds, promptId, state }: ComfyUiRecord, usdPerHour: number): TrainingMeter {
  const unchargedMicroUsd = isOver(state) ? 0 : priceOf(seconds[promptId] ?? 0, usdPerHour);
  return { microUsdPerSecond: (usdPerHour * 1_000_000) / 3_600, unchargedMicroUsd };
}

const isOver = (state: ComfyUiRecord["state"]): boolean => state !== "intent" && state !== "open";

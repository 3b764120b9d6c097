import type { Charge, Recipe, TrainingEstimate, TrainingProgress, TrainingRequest } from "@loramill/contracts";
import type { ComfyUiRecord } from "./training-record.ts";

/** Seconds of one picture in one step and memory, at a family's usual side, on a card of the 24 GB class. */
const USUAL: Readonly<Partial<Record<Recipe["family"], { seconds: number; side: number; vramGb: number }>>> = {
  sd15: { seconds: 0.25, side: 512, vramGb: 8 },
  sdxl: { seconds: 0.9, side: 1024, vramGb: 16 },
  flux: { seconds: 2.5, side: 1024, vramGb: 24 },
};
/** Loading the base model and encoding the pictures. */
const START_SECONDS = 60;

export function estimateTraining(recipe: Recipe, usdPerHour: number): TrainingEstimate {
  const { seconds, side, vramGb } = USUAL[recipe.family] ?? { seconds: 2.5, side: 1024, vramGb: 24 };
  const pictures = recipe.steps * recipe.batchSize * recipe.gradientAccumulation;
  const p50 = START_SECONDS + pictures * seconds * (recipe.resolution / side) ** 2;
  const p90 = p50 * 3;
  return {
    seconds: { p50, p90 },
    vramBytes: vramGb * 1024 ** 3,
    costMicroUsd: { p50: priceOf(p50, usdPerHour), p90: priceOf(p90, usdPerHour) },
  };
}

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

const isOver = (state: ComfyUiRecord["state"]): boolean => state !== "intent" && state !== "open";

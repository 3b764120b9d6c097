import {
  type Charge,
  PermanentError,
  type TrainingMeter,
  type TrainingProgress,
  type TrainingRequest,
  TransientError,
} from "@loramill/contracts";
import { linesOf, readTrainingLog } from "./training-log.ts";
import type { Training } from "./trainings.ts";

export const hasEnded = ({ status }: Training): boolean =>
  ["succeeded", "failed", "canceled", "aborted"].includes(status);

/** One that failed or was cancelled gives no LoRA; another is asked for. */
export const isWorthWaiting = (training: Training): boolean =>
  !hasEnded(training) || (training.status === "succeeded" && training.output?.weights !== undefined);

export function progressOf(training: Training, { recipe }: TrainingRequest): TrainingProgress {
  const { step, stepsPerSecond, curve } = readTrainingLog(training.logs ?? "", recipe.steps);
  const done = training.status === "succeeded" ? recipe.steps : step;
  return {
    step: done,
    totalSteps: recipe.steps,
    loss: curve.at(-1)?.loss ?? null,
    averageLoss: curve.at(-1)?.averageLoss ?? null,
    stepsPerSecond,
    etaSeconds: stepsPerSecond === null ? null : (recipe.steps - done) / stepsPerSecond,
    imagesSeen: done * recipe.batchSize,
    paidSeconds: training.metrics?.predict_time ?? 0,
  };
}

/** Out of memory and a loss that is no number are known to the proxy, which changes the recipe and tries again. */
export function failureOf({ id, error, logs }: Training, { recipe }: TrainingRequest): Error {
  const said = typeof error === "string" ? error : "";
  const tail = linesOf(logs ?? "").at(-1) ?? "";
  const details = { training: id };
  if (/out of memory/i.test(`${said}\n${tail}`)) {
    return new TransientError(`The training ran out of memory at batch size ${recipe.batchSize}`, {
      code: "out-of-memory",
      details,
    });
  }
  const { divergedAt } = readTrainingLog(logs ?? "", recipe.steps);
  if (divergedAt !== null) {
    return new TransientError(`The loss was no longer a number at step ${divergedAt}`, { code: "diverged", details });
  }
  const why = (said || tail || "it gave no reason").slice(0, 300);
  return new PermanentError(`Replicate's training ${id} failed: ${why}`, { code: "training-failed", details });
}

/** Its price is told at its end: until then it is what its time costs. */
export function meterOf(
  { started_at: startedAt, metrics }: Training,
  { now, usdPerSecond }: { readonly now: Date; readonly usdPerSecond: number },
): TrainingMeter {
  const elapsed = startedAt ? (now.getTime() - Date.parse(startedAt)) / 1_000 : 0;
  const seconds = Math.max(0, elapsed, metrics?.predict_time ?? 0);
  const microUsdPerSecond = usdPerSecond * 1_000_000;
  return { microUsdPerSecond, unchargedMicroUsd: Math.ceil(seconds * microUsdPerSecond) };
}

/** Of a training that has ended. */
export function chargeOf(
  { id, metrics }: Training,
  { trainer, usdPerSecond }: { readonly trainer: string; readonly usdPerSecond: number },
): Charge {
  const quantity = metrics?.predict_time ?? 0;
  const amountMicroUsd = Math.round(quantity * usdPerSecond * 1_000_000);
  const note = `training ${id}`;
  return {
    kind: "training",
    supplier: `replicate:${trainer}`,
    quantity,
    unit: "gpu-second",
    amountMicroUsd,
    note,
    mark: id,
  };
}

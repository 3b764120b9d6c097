import { CHECKPOINT_COMMIT_SECONDS, type TrainingMeter } from "@loramill/contracts";

/** How a running training gets on. */
export interface TrainingPace {
  readonly step: number;
  readonly totalSteps: number;
  /** Null until it is known. */
  readonly stepsPerSecond: number | null;
  /** Steps from one checkpoint to the next; null where none is written on the way. */
  readonly checkpointEvery: number | null;
  /** Of the newest checkpoint that is in the store, 0 before the first; null where that is not known. */
  readonly savedStep: number | null;
  /** Until the next look at it. */
  readonly lookSeconds: number;
  /** For how long it goes on when nobody looks at it any more. */
  readonly unattendedSeconds: number;
}

/**
 * What a training has to have set aside to go on, in micro-dollars: for the way to its next checkpoint, to the look that
 * sees it, and to its end if nobody looks any more. Without it, going on would be paid for and lost.
 *
 * A checkpoint is reached when it is in the store, not when it is written. While one is on its way nothing more is needed than
 * to wait for it, which was set aside on the way there: whoever stops for want of money stops with all that was paid for.
 */
export function needToGoOn({ microUsdPerSecond, unchargedMicroUsd }: TrainingMeter, pace: TrainingPace): number {
  const seconds = secondsToCheckpoint(pace) + pace.lookSeconds + pace.unattendedSeconds;
  return Math.ceil(unchargedMicroUsd + microUsdPerSecond * seconds);
}

/**
 * What a training that was stopped for want of money has to have to be begun again, in micro-dollars: from what is stored to its next
 * checkpoint. Where its pace has not shown yet, the time that any checkpoint takes to the store counts: with less it would be stopped
 * again as soon as it has.
 */
export function needToBegin(
  { microUsdPerSecond }: Pick<TrainingMeter, "microUsdPerSecond">,
  pace: TrainingPace,
): number {
  const need = needToGoOn({ microUsdPerSecond, unchargedMicroUsd: 0 }, { ...pace, step: pace.savedStep ?? 0 });
  return isPaceKnown(pace) ? need : need + Math.ceil(microUsdPerSecond * CHECKPOINT_COMMIT_SECONDS);
}

const isPaceKnown = ({ stepsPerSecond }: TrainingPace): boolean => stepsPerSecond !== null && stepsPerSecond > 0;

function secondsToCheckpoint(pace: TrainingPace): number {
  const { step, totalSteps, stepsPerSecond } = pace;
  // How fast it is shows when it runs; until then it is looked at again and again.
  if (stepsPerSecond === null || stepsPerSecond <= 0) return 0;
  if (isSaving(pace)) return 0;
  return Math.max(0, Math.min(nextCheckpoint(pace), totalSteps) - step) / stepsPerSecond + CHECKPOINT_COMMIT_SECONDS;
}

/** Whether a checkpoint that has been written, or the end of it all, is on its way to the store. */
export function isSaving({
  step,
  totalSteps,
  checkpointEvery,
  savedStep,
}: Pick<TrainingPace, "step" | "totalSteps" | "checkpointEvery" | "savedStep">): boolean {
  if (step >= totalSteps) return true;
  return checkpointEvery !== null && savedStep !== null && step - savedStep >= checkpointEvery;
}

/** Trainers count their saves from where they began, which `savedStep` is in line with. */
function nextCheckpoint({ step, totalSteps, checkpointEvery, savedStep }: TrainingPace): number {
  if (checkpointEvery === null) return totalSteps;
  return savedStep === null ? (Math.floor(step / checkpointEvery) + 1) * checkpointEvery : savedStep + checkpointEvery;
}

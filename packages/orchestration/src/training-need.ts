import type { TrainingMeter } from "@loramill/contracts";

/** How a running training gets on. */
export interface TrainingPace {
  readonly step: number;
  readonly totalSteps: number;
  /** Null until it is known. */
  readonly stepsPerSecond: number | null;
  /** Steps from one checkpoint to the next; null where none is written on the way. */
  readonly checkpointEvery: number | null;
  /** Until the next look at it. */
  readonly lookSeconds: number;
  /** For how long it goes on when nobody looks at it any more. */
  readonly unattendedSeconds: number;
}

/** From the step of a checkpoint to its commit in the store, which is what makes it worth anything. */
const COMMIT_SECONDS = 30;

/**
 * What a training has to have set aside to go on, in micro-dollars: for the way to its next checkpoint, to the look that
 * sees it, and to its end if nobody looks any more. Without it, going on would be paid for and lost.
 */
export function needToGoOn({ microUsdPerSecond, unchargedMicroUsd }: TrainingMeter, pace: TrainingPace): number {
  const seconds = secondsToCheckpoint(pace) + pace.lookSeconds + pace.unattendedSeconds;
  return Math.ceil(unchargedMicroUsd + microUsdPerSecond * seconds);
}

function secondsToCheckpoint({ step, totalSteps, stepsPerSecond, checkpointEvery }: TrainingPace): number {
  // How fast it is shows when it runs; until then it is looked at again and again.
  if (stepsPerSecond === null || stepsPerSecond <= 0) return 0;
  const next = checkpointEvery === null ? totalSteps : (Math.floor(step / checkpointEvery) + 1) * checkpointEvery;
  return Math.max(0, Math.min(next, totalSteps) - step) / stepsPerSecond + COMMIT_SECONDS;
}

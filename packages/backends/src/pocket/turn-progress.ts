import type { Clock, JsonObject, LossPoint, TrainingProgress } from "@loramill/contracts";

/** Progress of a training as numbers, from where it stands and how long its steps took. */
export function trainingProgress(at: {
  readonly step: number;
  readonly totalSteps: number;
  readonly last: LossPoint | undefined;
  readonly batchSize: number;
  readonly paidSeconds: number;
}): TrainingProgress {
  const rate = at.paidSeconds > 0 && at.step > 0 ? at.step / at.paidSeconds : null;
  const left = at.totalSteps - at.step;
  return {
    step: at.step,
    totalSteps: at.totalSteps,
    loss: at.last?.loss ?? null,
    averageLoss: at.last?.averageLoss ?? null,
    stepsPerSecond: rate,
    // Steps too quick for the clock tell no rate; that none is left is known all the same.
    etaSeconds: left === 0 ? 0 : rate === null ? null : left / rate,
    imagesSeen: at.step * at.batchSize,
    paidSeconds: at.paidSeconds,
  };
}

/** Passes progress on at most every `everyMs`: steps are faster than anybody looks. */
export function throttle(
  clock: Clock,
  everyMs: number,
  pass: (progress: JsonObject) => void,
): (progress: JsonObject) => void {
  let next = 0;
  return (progress) => {
    const now = clock.now().getTime();
    if (now < next) return;
    next = now + everyMs;
    pass(progress);
  };
}

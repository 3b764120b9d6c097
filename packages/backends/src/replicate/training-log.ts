import type { LossPoint } from "@loramill/contracts";
import { parseBar, parseLoss, splitLines } from "@loramill/trainers";

export interface LoggedProgress {
  readonly step: number;
  readonly stepsPerSecond: number | null;
  /** Points whose loss is a number, in the order of their steps. */
  readonly curve: readonly LossPoint[];
  /** The step at which the loss was first no number; null while it always was one. */
  readonly divergedAt: number | null;
}

/**
 * How far a trainer is, by the whole text that it printed. Downloads, caching and sampling draw bars too: only those that
 * count to the training's steps and name a loss are its own.
 */
export function readTrainingLog(text: string, totalSteps: number): LoggedProgress {
  const losses = new Map<number, number>();
  let step = 0;
  let stepsPerSecond: number | null = null;
  let divergedAt: number | null = null;
  for (const line of splitLines(text)) {
    const bar = parseBar(line);
    const loss = bar === null ? null : parseLoss(bar.rest);
    if (bar === null || loss === null || bar.total !== totalSteps) continue;
    step = Math.max(step, bar.done);
    stepsPerSecond = bar.perSecond ?? stepsPerSecond;
    if (Number.isFinite(loss)) losses.set(bar.done, loss);
    else divergedAt ??= bar.done;
  }
  return { step, stepsPerSecond, curve: withAverage(losses), divergedAt };
}

/** Without the empty ones between a bar and what overwrites it. */
export function linesOf(text: string): string[] {
  return splitLines(text).filter((line) => line.trim() !== "");
}

/** With the mean of all losses so far. */
function withAverage(losses: ReadonlyMap<number, number>): LossPoint[] {
  let sum = 0;
  return [...losses]
    .sort(([a], [b]) => a - b)
    .map(([step, loss], at) => {
      sum += loss;
      return { step, loss, averageLoss: sum / (at + 1) };
    });
}

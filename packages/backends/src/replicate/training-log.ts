import { stripVTControlCharacters } from "node:util";
import type { LossPoint } from "@loramill/contracts";

/** A progress bar of tqdm: name, percent, done of total, elapsed and left, rate, and what the trainer adds. */
const BAR =
  /^(?:(?<name>.*?):\s*)?\d+%\|[^|]*\|\s*(?<done>\d+)\/(?<total>\d+)\s*\[[\d:]+<[\d:?]+,\s*(?<rate>[\d.]+|\?)(?<unit>it\/s|s\/it)(?<post>.*)\]/;
const LOSS = /\b(?:avr_loss|step_loss|loss)[=:]\s*(?<loss>[\d.]+(?:e[-+]?\d+)?|nan)/i;

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
  for (const line of linesOf(text)) {
    const bar = BAR.exec(line)?.groups;
    if (bar === undefined || Number(bar.total) !== totalSteps) continue;
    const said = LOSS.exec(bar.post ?? "")?.groups?.loss;
    if (said === undefined) continue;
    step = Math.max(step, Number(bar.done));
    const rate = Number(bar.rate);
    if (rate > 0) stepsPerSecond = bar.unit === "it/s" ? rate : 1 / rate;
    const loss = Number(said);
    if (Number.isFinite(loss)) losses.set(Number(bar.done), loss);
    else divergedAt ??= Number(bar.done);
  }
  return { step, stepsPerSecond, curve: withAverage(losses), divergedAt };
}

/** Bars overwrite themselves with carriage returns; colours are left out. */
export function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "");
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

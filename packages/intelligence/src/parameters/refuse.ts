import { type ChoiceConstraints, type DrawingEstimate, UserError } from "@loramill/contracts";
import type { Settings } from "./settings.ts";

export interface Tried {
  readonly settings: Settings;
  readonly estimate: DrawingEstimate;
}

/**
 * The error for limits that nothing fits into: which one it is, the least that is possible, and with what. UserError
 * `constraint-unsatisfiable`.
 */
export function refuseConstraints(tried: readonly Tried[], constraints: ChoiceConstraints): UserError {
  const { maxSeconds = Number.POSITIVE_INFINITY, maxVramBytes = Number.POSITIVE_INFINITY } = constraints;
  const inMemory = tried.filter(({ estimate }) => estimate.vramBytes.p90 <= maxVramBytes);
  if (inMemory.length === 0) {
    const smallest = leastOf(tried, ({ estimate }) => estimate.vramBytes.p90);
    const least = smallest.estimate.vramBytes.p90;
    return refusal("maxVramBytes", smallest, {
      limit: maxVramBytes,
      least: Math.ceil(least),
      text: `maxVramBytes is ${gigabytes(maxVramBytes)}, but the least that would do is ${gigabytes(least)} at p90`,
    });
  }
  const fastest = leastOf(inMemory, ({ estimate }) => estimate.seconds.p90);
  const least = fastest.estimate.seconds.p90;
  const free = leastOf(tried, ({ estimate }) => estimate.seconds.p90);
  const both =
    free.estimate.seconds.p90 <= maxSeconds
      ? `; with ${gigabytes(free.estimate.vramBytes.p90)} of memory it would fit`
      : "";
  return refusal("maxSeconds", fastest, {
    limit: maxSeconds,
    least: Math.ceil(least * 10) / 10,
    text: `maxSeconds is ${maxSeconds}, but the fastest that would do takes ${seconds(least)} at p90${both}`,
  });
}

function refusal(
  constraint: "maxSeconds" | "maxVramBytes",
  { settings }: Tried,
  { limit, least, text }: { limit: number; least: number; text: string },
): UserError {
  const { width, height, steps, frames, precision, offload } = settings;
  const clip = frames > 1 ? `, ${frames} frames` : "";
  const fits = `${width}×${height}${clip}, ${steps} steps, ${precision}, offload ${offload}`;
  return new UserError(`${text} (${fits}): raise it, or free what was given`, {
    code: "constraint-unsatisfiable",
    details: { field: `constraints.${constraint}`, constraint, limit, least, wouldFit: { ...settings } },
  });
}

function leastOf(tried: readonly Tried[], of: (one: Tried) => number): Tried {
  const [first, ...rest] = tried;
  if (first === undefined) throw new Error("there is always the wish itself");
  return rest.reduce((best, one) => (of(one) < of(best) ? one : best), first);
}

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
export const seconds = (value: number): string => (value < 10 ? `${value.toFixed(1)} s` : `${Math.ceil(value)} s`);

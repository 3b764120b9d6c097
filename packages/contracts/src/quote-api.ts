import { z } from "zod";
import { CeilingView } from "./ceiling-api.ts";
import { Digest } from "./digest.ts";
import { MicroUsd } from "./money.ts";
import { PlanLock, StepKind } from "./plan-lock.ts";
import { Charge } from "./records.ts";

/** What is known of a run before it starts: its plan, what it will take and cost, and afterwards how far that was off. */

const Seconds = z.object({ p50: z.number(), p90: z.number() });
const Cost = z.object({ p50: MicroUsd, p90: MicroUsd });

/**
 * What a rented machine is paid for. `download`: base models and pictures on their way to it, results on their way from it.
 * `restarts`: what is lost when it is taken back, with the boot and the download of the next one. `boot` and `idle` are the
 * training's share where it has the machine with others.
 */
export const QuotePartName = z.enum(["boot", "download", "work", "restarts", "idle"]);
export type QuotePartName = z.output<typeof QuotePartName>;

/** Means, so that the parts of a step add up to what is expected of it, to the micro-dollar. */
export const QuotePart = z.object({ part: QuotePartName, seconds: z.number(), microUsd: MicroUsd });
export type QuotePart = z.output<typeof QuotePart>;

export const QuoteStep = z.object({
  name: z.string(),
  kind: StepKind,
  /** `reused`: a result with this key exists. `maybe`: depends on the output of a step before. */
  cache: z.enum(["reused", "miss", "maybe"]),
  items: z.int().nullable(),
  seconds: Seconds.describe("Until it is done, a boot and waiting for a machine included"),
  costMicroUsd: Cost,
  expectedMicroUsd: MicroUsd.describe("On average; the middle one where nothing more is known"),
  parts: z.array(QuotePart).default([]).describe("Of what a rented machine costs; empty: all of it is work"),
  reason: z.string(),
});
export type QuoteStep = z.output<typeof QuoteStep>;

/** A run that is planned anew pays for none of them again: what the model said is kept. */
const PlanningCharges = z
  .array(Charge)
  .describe("What planning itself has paid now, to a language model that read prompts");

export const Quote = z.object({
  steps: z.array(QuoteStep),
  seconds: Seconds.describe("Until all is done, as if the steps ran one after the other"),
  costMicroUsd: Cost,
  expectedMicroUsd: MicroUsd.describe("On average: what bills are held against"),
  vramBytes: z.number(),
  withinBudget: z.boolean().nullable(),
  /** Ceilings that have no room for it now. `surely`: not for the middle expectation either. */
  ceilings: z.array(z.object({ ceiling: CeilingView, surely: z.boolean() })).default([]),
  notes: z.array(z.string()),
  charges: PlanningCharges,
});
export type Quote = z.output<typeof Quote>;

export const PlanAnswer = z.object({ lock: PlanLock, digest: Digest, charges: PlanningCharges });
export type PlanAnswer = z.output<typeof PlanAnswer>;

/** What a run was quoted when it was started: the data of its event `run.quoted`. */
export const RunQuote = z.object({
  seconds: Seconds,
  costMicroUsd: Cost,
  expectedMicroUsd: MicroUsd,
  /** Those that were to cost something. */
  steps: z.array(QuoteStep.pick({ name: true, costMicroUsd: true, expectedMicroUsd: true, parts: true })),
});
export type RunQuote = z.output<typeof RunQuote>;

/** `above` and `below`: off by more than QUOTE_GAP_SHARE of what was expected (5 % if not set); `beyond-p90`: that much above, and above its p90 too. */
export const QuoteVerdict = z.enum(["as-quoted", "below", "above", "beyond-p90"]);
export type QuoteVerdict = z.output<typeof QuoteVerdict>;

/** What a run came to, against its quote: the data of its event `cost.as-quoted` or `cost.off-quote`. */
export const QuoteOutcome = z.object({
  verdict: QuoteVerdict,
  expectedMicroUsd: MicroUsd.describe("Without the steps whose results were taken from earlier runs after all"),
  p90MicroUsd: MicroUsd,
  billedMicroUsd: MicroUsd.describe("With its share of the boot and idle time of rented machines"),
  gapShare: z.number().describe("Billed over expected, less 1; 1 where nothing was expected"),
});
export type QuoteOutcome = z.output<typeof QuoteOutcome>;

import { z } from "zod";
import { RunId } from "./ids.ts";
import { StepKind } from "./plan-lock.ts";

/** Up to which difference two results count as the same. */
export const ReplayTolerance = z.strictObject({
  pixels: z
    .int()
    .min(0)
    .max(255)
    .describe("Of pictures: the largest difference of a channel of any pixel, in levels of 255"),
  tensors: z
    .number()
    .min(0)
    .max(1)
    .describe("Of weights: the length of the difference of all values, as a share of the length of the original"),
});
export type ReplayTolerance = z.output<typeof ReplayTolerance>;

export const ReplayRequest = z.strictObject({
  steps: z
    .array(z.string().max(64))
    .min(1)
    .max(1000)
    .optional()
    .describe("Steps that are done again; the others keep what the run made. Left out: all of them"),
  verify: z.boolean().default(false).describe("Whether what comes out is compared with what the run made"),
  tolerance: ReplayTolerance.partial()
    .prefault({})
    .describe("Left out: as the step's backend can be expected to repeat itself"),
  budgetUsd: z.number().min(0).max(1_000_000).optional().describe("Hard limit; left out: that of the run"),
});
export type ReplayRequest = z.output<typeof ReplayRequest>;
export type ReplayRequestInput = z.input<typeof ReplayRequest>;

/**
 * `identical`: the same values. `within`: no further apart than is tolerated. `differs`: further apart, out of inputs that
 * were the same. `follows`: it differs, and so does what it was made of. `uncompared`: the run has no output of it.
 */
export const ReplayVerdict = z.enum(["identical", "within", "differs", "follows", "uncompared"]);
export type ReplayVerdict = z.output<typeof ReplayVerdict>;

/** How the outputs of one step compare. */
export const StepComparison = z.object({
  step: z.string(),
  kind: StepKind,
  verdict: ReplayVerdict,
  tolerance: ReplayTolerance,
  /** Pictures, captions or files of weights that were compared, those that only one side has included. */
  compared: z.int().min(0),
  within: z.int().min(0),
  differing: z.int().min(0),
  /** Largest difference of a channel of any pixel, 0 to 255; null where no pictures were compared. */
  pixels: z.int().nullable(),
  /** Of the weights that differ most: the length of the difference as a share of the original's; null without weights. */
  tensors: z.number().nullable(),
  /** Largest difference of a single weight; null without weights. */
  largestWeight: z.number().nullable(),
  /** The first that is further apart than is tolerated, and how, in a clause. */
  first: z.object({ name: z.string(), message: z.string() }).nullable(),
});
export type StepComparison = z.output<typeof StepComparison>;

/** What a verification found, step by step in the order of the plan. */
export const ReplayReport = z.object({
  format: z.literal("loramill-replay/1"),
  /** The run that was replayed. */
  of: RunId,
  verdict: z.enum(["identical", "within", "differs"]),
  /** The first step that does not repeat itself; null where all do. */
  firstDifferent: z.string().nullable(),
  steps: z.array(StepComparison),
});
export type ReplayReport = z.output<typeof ReplayReport>;

import { z } from "zod";
import { RunId } from "./ids.ts";
import { MicroUsd } from "./money.ts";
import { PlanLock } from "./plan-lock.ts";
import { RunSpec } from "./run-spec.ts";

/** One side of a comparison: what a run was planned to do, a lock that was kept, or a spec as it would be planned now. */
export const DiffSide = z.union([
  z.strictObject({ run: RunId }),
  z.strictObject({ lock: PlanLock }),
  z.strictObject({ spec: RunSpec }),
]);
export type DiffSide = z.output<typeof DiffSide>;
export type DiffSideInput = z.input<typeof DiffSide>;
export const DiffRequest = z.strictObject({ before: DiffSide, after: DiffSide });

export const PlanChange = z.object({
  path: z.string().describe("Such as recipe.steps; `content` where the pictures of the sources differ"),
  from: z.json().optional().describe("Left out where there is nothing on that side"),
  to: z.json().optional(),
});

/** What is wanted of one step, and what it makes anew that the other plan's results cannot stand for. */
export const StepDiff = z.object({
  step: z.string(),
  change: z
    .enum(["added", "removed", "changed", "affected"])
    .describe("affected: nothing of its own differs, but what it is made of does"),
  differences: z.array(PlanChange),
  sentence: z.string(),
  makesAnew: z.array(z.string()).describe("Steps of the later plan that this one's differences reach, itself included"),
  costMicroUsd: z
    .object({ p50: MicroUsd, p90: MicroUsd })
    .describe("Of these steps, where no result of any run is kept"),
  seconds: z.object({ p50: z.number(), p90: z.number() }),
});
export type StepDiff = z.output<typeof StepDiff>;

export const DiffAnswer = z.object({
  same: z.boolean().describe("Whether the later plan would take every result from the earlier one"),
  run: z.array(PlanChange).describe("What differs and changes no result: name, priority, budget, policy"),
  steps: z.array(StepDiff),
  costMicroUsd: z.object({ p50: MicroUsd, p90: MicroUsd }).describe("Of all steps that are made anew together"),
  seconds: z.object({ p50: z.number(), p90: z.number() }),
});
export type DiffAnswer = z.output<typeof DiffAnswer>;

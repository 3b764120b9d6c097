import { drawGridJob, gridSize } from "@loramill/contracts";
import type { planGenerate } from "./plan-generate.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** Reading a picture and putting it on the sheet; of those that do not fit, none is read. */
const SECONDS_PER_PICTURE = 0.02;
const MOST_PICTURES = 3_600;

/** The step that lays out what the generate step draws. It costs nothing but the time of a worker. */
export function planGrid({ step, grid }: ReturnType<typeof planGenerate>): StepPlan {
  return {
    step: {
      name: "grid",
      kind: "grid",
      job: drawGridJob.name,
      jobVersion: drawGridJob.version,
      needs: [step.name],
      fanOut: { type: "single" },
      params: asParams({ grid: step.params.grid }),
      external: null,
      estimate: { items: 1, seconds: SECONDS_PER_PICTURE * Math.min(MOST_PICTURES, gridSize(grid)), microUsd: 0 },
    },
    notes: [],
  };
}

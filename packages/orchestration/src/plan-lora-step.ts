import type { Jobs, StepKind } from "@loramill/contracts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** A step of one job on the queue `lora`, called by what it makes. Nothing of it is paid for. */
export function loraStep({
  kind,
  job,
  params,
  seconds,
}: {
  readonly kind: Extract<StepKind, "lora" | "lora-report" | "model">;
  readonly job: Jobs["edit-lora" | "extract-lora" | "merge-into-model" | "check-loras"];
  readonly params: object;
  readonly seconds: number;
}): StepPlan {
  return {
    step: {
      name: kind,
      kind,
      job: job.name,
      jobVersion: job.version,
      needs: [],
      fanOut: { type: "single" },
      params: asParams(params),
      external: null,
      estimate: { items: 1, seconds, microUsd: 0 },
    },
    notes: [],
  };
}

import type { JsonObject, PlannedStep } from "@loramill/contracts";

/** A planned step and what a person should know about it. */
export interface StepPlan {
  readonly step: PlannedStep;
  readonly notes: readonly string[];
}

/** Parameters as they are kept: plain JSON, fields that are undefined left out. */
export function asParams(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

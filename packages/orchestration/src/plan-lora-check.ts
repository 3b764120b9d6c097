import { checkLorasJob, type LoraCheck, type LoraSpec } from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { findInputs } from "./plan-lora-inputs.ts";
import { loraStep } from "./plan-lora-step.ts";
import { refuse } from "./refuse.ts";
import type { StepPlan } from "./step-plan.ts";

const SECONDS_PER_LORA = 5;

/** The step that reads LoRAs and makes a report. Of LoRAs that were looked at in the same way, the report is taken again. */
export function planCheck(operation: LoraCheck, wanted: LoraSpec, context: PlanContext): StepPlan {
  const found = findInputs(wanted, context);
  const [first, second] = found.map(({ document }) => document);
  const params =
    operation.kind === "compare"
      ? { kind: operation.kind, a: first, b: second }
      : { kind: operation.kind, lora: first, ...useOf(operation, context) };
  return loraStep({ kind: "lora-report", job: checkLorasJob, params, seconds: found.length * SECONDS_PER_LORA });
}

/** The family that it is to be used with, also where a model was named. */
function useOf(
  { strength, family, model }: Extract<LoraCheck, { kind: "validate" }>,
  { models = [] }: PlanContext,
): { readonly strength?: number; readonly family?: string } {
  const said = strength === undefined ? {} : { strength };
  if (model === undefined) return family === undefined ? said : { ...said, family };
  const known = models.find(({ id }) => id === model);
  if (known === undefined) {
    return refuse({
      code: "unknown-model",
      field: "lora.operation.model",
      problem: `no base model "${model}" is written down`,
      given: model,
      likely: "`loramill models list` names them; a family can be named instead",
    });
  }
  return { ...said, family: known.family };
}

import {
  extractLoraJob,
  type LoraExtraction,
  type LoraSpec,
  type ModelMerge,
  mergeIntoModelJob,
  networkOf,
} from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { findInputs, findModel, storedInputs } from "./plan-lora-inputs.ts";
import { loraStep } from "./plan-lora-step.ts";
import { refuse } from "./refuse.ts";
import type { StepPlan } from "./step-plan.ts";

/** Of a checkpoint, on a few cores: reading and writing it, or taking the difference of two apart. */
const SECONDS_PER_GIB = { merge: 10, extract: 120 };
const GIB = 1024 ** 3;

export function planExtraction(name: string, operation: LoraExtraction, context: PlanContext): StepPlan {
  const { kind: _, ...settings } = operation;
  const { bytes, ...original } = findModel("lora.operation.original", operation.original, context);
  const { bytes: _tuned, ...tuned } = findModel("lora.operation.tuned", operation.tuned, context);
  if (original.family !== tuned.family) {
    refuse({
      code: "mixed-families",
      field: "lora.operation.tuned",
      problem: `${original.model} is a model of ${original.family} and ${tuned.model} one of ${tuned.family}`,
      likely: "name the model that it was tuned from",
    });
  }
  if (original.sha256 === tuned.sha256) {
    refuse({
      code: "no-difference",
      field: "lora.operation.tuned",
      problem: `${tuned.file} of ${tuned.model} has the same bytes as ${original.file} of ${original.model}`,
      likely: "name the model after its training",
    });
  }
  return loraStep({
    kind: "lora",
    job: extractLoraJob,
    params: { ...settings, name, original, tuned },
    seconds: Math.ceil((SECONDS_PER_GIB.extract * bytes) / GIB),
  });
}

export function planModelMerge(name: string, operation: ModelMerge, wanted: LoraSpec, context: PlanContext): StepPlan {
  const { bytes, ...model } = findModel("lora.operation.model", operation.model, context);
  const found = findInputs(wanted, context);
  const [first] = found;
  const families = [networkOf(model.family), "unknown"];
  if (first !== undefined && !families.includes(networkOf(first.family))) {
    refuse({
      code: "wrong-family",
      field: "lora.operation.model",
      problem: `${first.name} is for ${first.family} and ${model.model} is a model of ${model.family}`,
      given: model.model,
    });
  }
  return loraStep({
    kind: "model",
    job: mergeIntoModelJob,
    params: { name, model, leaveOut: operation.leaveOut, from: storedInputs(wanted, found) },
    seconds: Math.ceil((SECONDS_PER_GIB.merge * bytes) / GIB),
  });
}

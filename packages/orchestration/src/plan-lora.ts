import { editLoraJob, familyOfAll, type LoraOperation, type LoraSpec, type RunSpec } from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { planCheck } from "./plan-lora-check.ts";
import { findInputs, findLora, findModel, storedInputs } from "./plan-lora-inputs.ts";
import { planExtraction, planModelMerge } from "./plan-lora-models.ts";
import { loraStep } from "./plan-lora-step.ts";
import { refuse } from "./refuse.ts";
import type { StepPlan } from "./step-plan.ts";

/** Reading and writing a file of some hundred megabytes; a rank that is cut takes minutes on a few cores. */
const SECONDS_PER_LORA = { exact: 5, cut: 120 };

/** The step that works on LoRAs of the library: makes one of them, a checkpoint with them, or a report about them. */
export function planLora(spec: RunSpec, wanted: LoraSpec, context: PlanContext): StepPlan {
  const { operation } = wanted;
  checkCount(wanted);
  switch (operation.kind) {
    case "extract":
      return planExtraction(wanted.name ?? spec.name, operation, context);
    case "merge-into":
      return planModelMerge(wanted.name ?? spec.name, operation, wanted, context);
    case "validate":
    case "compare":
      return planCheck(operation, wanted, context);
    default:
      return planEdit(wanted.name ?? spec.name, operation, wanted, context);
  }
}

/** The family of the LoRA that the step makes; null where it makes something else. */
export function familyOfMade({ operation, from }: LoraSpec, context: PlanContext): string | null {
  switch (operation.kind) {
    case "extract":
      return findModel("lora.operation.original", operation.original, context).family;
    case "merge-into":
    case "validate":
    case "compare":
      return null;
    default:
      return familyOfAll(from.map(({ lora }, at) => findLora(`lora.from.${at}.lora`, lora, context).family));
  }
}

function planEdit(name: string, operation: LoraOperation, wanted: LoraSpec, context: PlanContext): StepPlan {
  const found = findInputs(wanted, context);
  const isCut = operation.kind === "resize" || (operation.kind === "merge" && "rank" in operation.method);
  return loraStep({
    kind: "lora",
    job: editLoraJob,
    params: { name, operation, from: storedInputs(wanted, found) },
    seconds: found.length * SECONDS_PER_LORA[isCut ? "cut" : "exact"],
  });
}

function checkCount({ from, operation }: LoraSpec): void {
  const { kind } = operation;
  const given = from.length;
  const field = "lora.from";
  if (kind === "extract") {
    if (given === 0) return;
    refuse({ code: "too-many-loras", field, problem: "extract takes two models and no LoRA", given });
  }
  const isBetween = kind === "compare" || (kind === "merge" && "t" in operation.method);
  if (isBetween && given !== 2) {
    const what = kind === "merge" ? `${operation.method.kind} goes` : "compare looks";
    refuse({
      code: "not-two-loras",
      field,
      problem: `${what} from one LoRA to another`,
      given,
      allowed: "two LoRAs",
    });
  }
  if (given === 0) refuse({ code: "no-lora", field, problem: `${kind} needs a LoRA to work on`, given });
  if (given === 1 || isBetween || kind === "merge" || kind === "merge-into") return;
  refuse({
    code: "too-many-loras",
    field,
    problem: `${kind} takes one LoRA`,
    given,
    likely: kind === "validate" ? "start a run for each" : "merge them first, or start a run for each",
  });
}

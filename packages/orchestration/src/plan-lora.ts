import { editLoraJob, type LoraSpec, nearNames, type RunSpec } from "@loramill/contracts";
import type { FoundLora, PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** Reading and writing a file of some hundred megabytes; a rank that is cut takes minutes on a few cores. */
const SECONDS_PER_LORA = { exact: 5, cut: 120 };

/** The step that makes one LoRA of those of the library. */
export function planLora(spec: RunSpec, wanted: LoraSpec, context: PlanContext): StepPlan {
  const { operation } = wanted;
  const found = wanted.from.map(({ lora }, at) => findLora(`lora.from.${at}.lora`, lora, context));
  if (found.length > 1 && operation.kind !== "merge") {
    refuse({
      code: "too-many-loras",
      field: "lora.from",
      problem: `${operation.kind} takes one LoRA`,
      given: found.length,
      likely: "merge them first, or start a run for each",
    });
  }
  if (found.length !== 2 && operation.kind === "merge" && "t" in operation.method) {
    refuse({
      code: "not-two-loras",
      field: "lora.from",
      problem: `${operation.method.kind} goes from one LoRA to another`,
      given: found.length,
      allowed: "two LoRAs",
    });
  }
  const [first] = found;
  const other = found.find(({ family }) => family !== first?.family);
  if (first !== undefined && other !== undefined) {
    refuse({
      code: "mixed-families",
      field: "lora.from",
      problem: `${first.name} is for ${first.family} and ${other.name} for ${other.family}`,
      likely: "only LoRAs of one family change the same modules",
    });
  }
  const isCut = operation.kind === "resize" || (operation.kind === "merge" && "rank" in operation.method);
  return {
    step: {
      name: "lora",
      kind: "lora",
      job: editLoraJob.name,
      jobVersion: editLoraJob.version,
      needs: [],
      fanOut: { type: "single" },
      params: asParams({
        name: wanted.name ?? spec.name,
        operation,
        from: wanted.from.map(({ lora: _, ...input }, at) => ({ ...input, document: found[at]?.document ?? "" })),
      }),
      external: null,
      estimate: { items: 1, seconds: found.length * SECONDS_PER_LORA[isCut ? "cut" : "exact"], microUsd: 0 },
    },
    notes: [],
  };
}

/** One that the context was asked for, by what the spec calls it. */
export function findLora(
  field: string,
  wanted: string,
  { loras, loraNames = [] }: Pick<PlanContext, "loras" | "loraNames">,
): FoundLora {
  const found = loras?.[wanted];
  if (found !== undefined) return found;
  const [near] = nearNames(wanted, loraNames);
  return refuse({
    code: "unknown-lora",
    field,
    problem: `no LoRA "${wanted}" is in the library`,
    given: wanted,
    likely: near === undefined ? "`loramill lora list` shows what is there" : `did you mean ${near}?`,
  });
}

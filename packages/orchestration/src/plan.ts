import {
  type DocumentKind,
  type DocumentOf,
  formatMicroUsd,
  microUsdFromUsd,
  type PlanLock,
  type PlannedStep,
  type RunSpec,
} from "@loramill/contracts";
import { MAX_JOB_INPUT_BYTES } from "./expand-step.ts";
import { planCaption } from "./plan-caption.ts";
import type { PlanContext } from "./plan-context.ts";
import { planDataset } from "./plan-dataset.ts";
import { planGenerate } from "./plan-generate.ts";
import { planGrid } from "./plan-grid.ts";
import { planLora } from "./plan-lora.ts";
import { planTrain } from "./plan-train.ts";
import { refuse } from "./refuse.ts";
import { resolveRecipe } from "./resolve-recipe.ts";
import { resolveTriggerWord } from "./resolve-trigger-word.ts";
import type { StepPlan } from "./step-plan.ts";

/** What the submitter puts into the document store before the plan may start. */
export type PlanDocument = { [K in DocumentKind]: { readonly kind: K; readonly value: DocumentOf<K> } }[DocumentKind];

export interface Plan {
  readonly lock: PlanLock;
  readonly documents: readonly PlanDocument[];
}

/** Bytes that a job's input may have beside its step's parameters: digests of inputs, a range, names. */
const REFERENCE_BYTES = 1024;

/**
 * Resolves every default, choice, digest and seed of a spec. Pure: equal arguments give equal bytes of canonical JSON.
 * Throws UserError with `details.field` for what cannot be done, before anything was started or paid.
 */
export function plan(spec: RunSpec, context: PlanContext): Plan {
  const resolved = spec.train === undefined ? null : resolveRecipe(spec.train, context);
  const triggerWord = resolveTriggerWord(spec.caption, resolved?.recipe);
  const recipe = resolved === null ? null : { ...resolved.recipe, triggerWord };
  const plans: StepPlan[] = spec.dataset.sources.length === 0 ? [] : planDataset(spec, recipe, context);
  if (spec.caption !== undefined) {
    const caption = triggerWord === null ? spec.caption : { ...spec.caption, triggerWord };
    plans.push(planCaption(caption, context, recipe?.family));
  }
  if (recipe !== null) plans.push(planTrain(spec, recipe, context));
  if (spec.lora !== undefined) plans.push(planLora(spec, spec.lora, context));
  const generated = spec.generate === undefined ? null : planGenerate(spec, recipe, context);
  if (generated !== null) plans.push(generated);
  if (generated !== null && spec.generate?.grid) plans.push(planGrid(generated));
  const steps = plans.map(({ step }) => step);
  steps.forEach(checkJobInput);
  const budgetMicroUsd = spec.budgetUsd === undefined ? null : microUsdFromUsd(spec.budgetUsd);
  const lock: PlanLock = {
    format: "loramill-plan/1",
    name: spec.name,
    project: spec.project,
    priority: spec.priority,
    budgetMicroUsd,
    ...(spec.deadline === undefined ? {} : { deadline: new Date(spec.deadline).toISOString() }),
    policy: spec.policy,
    steps,
    notes: [...(resolved?.notes ?? []), ...plans.flatMap(({ notes }) => notes), ...budgetNotes(steps, budgetMicroUsd)],
  };
  return { lock, documents: generated === null ? [] : documentsOf(generated) };
}

function documentsOf({ grid, documents, choices }: ReturnType<typeof planGenerate>): PlanDocument[] {
  return [
    { kind: "grid", value: grid },
    ...documents.map((value) => ({ kind: "choice" as const, value })),
    ...(choices === null ? [] : [{ kind: "grid-choices" as const, value: choices }]),
  ];
}

function budgetNotes(steps: readonly PlannedStep[], budgetMicroUsd: number | null): string[] {
  const expected = steps.reduce((sum, step) => sum + step.estimate.microUsd, 0);
  if (budgetMicroUsd === null || expected <= budgetMicroUsd) return [];
  const [costs, limit] = [formatMicroUsd(expected), formatMicroUsd(budgetMicroUsd)];
  return [`budgetUsd: the run may cost up to ${costs} and will stop when the budget of ${limit} has no room left`];
}

/** Refuses here what expandStep would refuse in the middle of the run. */
function checkJobInput(step: PlannedStep): void {
  const bytes = Buffer.byteLength(JSON.stringify(step.params));
  if (bytes + REFERENCE_BYTES <= MAX_JOB_INPUT_BYTES) return;
  refuse({
    code: "spec-too-large",
    field: step.kind === "source" ? "dataset.sources" : step.kind,
    problem: `the settings of step ${step.name} are ${bytes} bytes long`,
    given: bytes,
    allowed: `at most ${MAX_JOB_INPUT_BYTES - REFERENCE_BYTES} bytes`,
    likely: step.kind === "source" ? "list the folder that holds them instead of every path" : "shorten its texts",
  });
}

import { type PlanLock, type Recipe, trainLoraJob } from "@loramill/contracts";

/** A training as its run was planned: every field of its recipe, and where it was to run. */
export interface PlannedTraining {
  readonly name: string;
  readonly backend: string;
  /** Type of the rented GPU; null where none was asked for. */
  readonly gpu: string | null;
  readonly triggerWord: string | null;
  readonly recipe: Recipe;
  readonly estimatedSeconds: number;
  /** Of its run. */
  readonly budgetMicroUsd: number | null;
}

/** What a plan says of a train step; null where it has no such step. */
export function readTraining(plan: PlanLock, name: string): PlannedTraining | null {
  const step = plan.steps.find((each) => each.name === name);
  const params = trainLoraJob.input.shape.params.safeParse(step?.params);
  if (step === undefined || !params.success) return null;
  const { placement, backend, recipe, triggerWord, name: lora } = params.data;
  return {
    name: lora,
    backend,
    gpu: placement?.mode === "cloud" ? placement.gpu : null,
    triggerWord,
    recipe,
    estimatedSeconds: step.estimate.seconds,
    budgetMicroUsd: plan.budgetMicroUsd,
  };
}

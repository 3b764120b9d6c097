import type { WantingTraining } from "@loramill/catalog";
import { type FleetDemand, type PastTraining, StoredRecipe, stepsOf } from "@loramill/contracts";
import { ASSUMED_IMAGES } from "@loramill/orchestration";
import { machineDemand } from "@loramill/recipes";
import type { WorkEstimates } from "./estimate-work.ts";

/** What the work of a training is estimated by. */
export interface DemandContext {
  /** GPU types that are offered or rented, by their providers' names. */
  readonly gpuTypes: readonly string[];
  /** Files of base models, by the model's id. */
  readonly models: ReadonlyMap<string, FleetDemand["models"]>;
  readonly past: readonly PastTraining[];
  readonly estimates: WorkEstimates;
}

/** What a training wants of a machine; null for a recipe that cannot be read here, which its trainer refuses. */
export function toDemand(training: WantingTraining, context: DemandContext): FleetDemand | null {
  const parsed = StoredRecipe.safeParse(training.recipe);
  if (!parsed.success) return null;
  const recipe = parsed.data;
  const { job, run, project, priority, since, deadline, remainingMicroUsd, pod, preemptions, placement, step } =
    training;
  const { gpuTypes, models, past, estimates } = context;
  const images = training.images ?? ASSUMED_IMAGES;
  const whole = machineDemand(recipe, placement, gpuTypes, (gpuType) =>
    estimates.on(gpuType, { step, recipe, images }, past),
  );
  const total = stepsOf(recipe);
  const left = Math.max(0, total - training.stepsDone) / total;
  return {
    ...{ job, run, project, priority, since, deadline, remainingMicroUsd, pod, preemptions },
    ...whole,
    seconds: Object.fromEntries(
      Object.entries(whole.seconds).map(([gpuType, { p50, p90 }]) => [gpuType, { p50: p50 * left, p90: p90 * left }]),
    ),
    models: models.get(recipe.baseModel) ?? [],
    ...(training.trainer === null ? {} : { trainer: training.trainer }),
  };
}

import type { WantingTraining } from "@loramill/catalog";
import {
  type FleetDemand,
  type PastTraining,
  type Placement,
  type Range,
  type Recipe,
  StoredRecipe,
  stepsOf,
} from "@loramill/contracts";
import { estimateVram, findGpu } from "@loramill/recipes";
import type { WorkEstimates } from "./estimate-work.ts";

/** Pictures of a dataset that nobody counted, as for the quote of its run. */
const ASSUMED_IMAGES = 30;

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
  const { job, run, project, priority, since, deadline, remainingMicroUsd, pod, preemptions, placement } = training;
  const cloud = placement?.mode === "cloud" ? placement : null;
  const whole = secondsOn(training, recipe, cloud, context);
  const total = stepsOf(recipe);
  const left = Math.max(0, total - training.stepsDone) / total;
  const vram = estimateVram(recipe).bytes;
  return {
    ...{ job, run, project, priority, since, deadline, remainingMicroUsd, pod, preemptions },
    // Who names a GPU is taken at their word where it may fit.
    vramBytes: cloud === null ? vram.p90 : vram.p50,
    seconds: Object.fromEntries(
      [...whole].map(([gpuType, { p50, p90 }]) => [gpuType, { p50: p50 * left, p90: p90 * left }]),
    ),
    models: context.models.get(recipe.baseModel) ?? [],
    providers: cloud === null ? [] : [cloud.provider],
    regions: cloud?.dataCentres ?? [],
    maxMicroUsdPerHour: cloud?.maxMicroUsdPerHour ?? null,
    checkpointSeconds: median([...whole.values()].map(({ p50 }) => p50)) * Math.min(1, recipe.saveEverySteps / total),
  };
}

/** From the beginning to the end, on each GPU type on which it fits. */
function secondsOn(
  { step, images }: WantingTraining,
  recipe: Recipe,
  cloud: Extract<Placement, { mode: "cloud" }> | null,
  { gpuTypes, past, estimates }: DemandContext,
): Map<string, Range> {
  const wanted = cloud === null ? null : (findGpu(cloud.gpu)?.id ?? cloud.gpu);
  const found = gpuTypes.flatMap((gpuType): [string, Range][] => {
    if (wanted !== null && (findGpu(gpuType)?.id ?? gpuType) !== wanted) return [];
    const estimate = estimates.on(gpuType, { step, recipe, images: images ?? ASSUMED_IMAGES }, past);
    const fits = estimate?.fits === "yes" || (estimate?.fits === "tight" && wanted !== null);
    return estimate !== null && fits ? [[gpuType, estimate.seconds]] : [];
  });
  return new Map(found);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

import {
  type EstimateCalibration,
  type PastTraining,
  type PlanLock,
  Recipe,
  type TrainingBackend,
} from "@loramill/contracts";
import type { PlanContext } from "@loramill/orchestration";
import { calibrate, calibrationOf, findGpu } from "@loramill/recipes";

type Context = Pick<PlanContext, "trainingBackends" | "placement">;

/**
 * Training backends whose estimates are corrected by trainings that have ended. Quotes ask these; plans ask the backends
 * themselves, because a plan must not change with what ran since.
 */
export function correctQuotes(
  { trainingBackends, placement }: Context,
  past: readonly PastTraining[],
): Pick<PlanContext, "trainingBackends"> {
  const gpu = gpuOf(placement);
  return {
    trainingBackends: trainingBackends.map((backend) => ({
      ...backend,
      estimate: (recipe, dataset) =>
        calibrate(
          backend.estimate(recipe, dataset),
          calibrationOf({ backend: backend.name, family: recipe.family, gpu }, past),
        ),
    })),
  };
}

/** What is known of the error of the estimates that a quote rests on. */
export function notesOnEstimates(
  lock: PlanLock,
  { placement }: Context,
  past: readonly PastTraining[],
): readonly string[] {
  return lock.steps.flatMap(({ kind, params }) => {
    const recipe = Recipe.safeParse(params.recipe);
    if (kind !== "train" || !recipe.success || typeof params.backend !== "string") return [];
    const of = { backend: params.backend, family: recipe.data.family, gpu: gpuOf(placement) };
    const what = `${of.backend} trainings of ${of.family}${of.gpu === null ? "" : ` on ${of.gpu}`}`;
    const known = calibrationOf(of, past);
    if (known === null) return [`train: the time is the model's own: too few ${what} have ended to correct it by`];
    const off = Math.round(100 * known.medianError);
    return [
      `train: corrected by ${known.trainings} ${what}, which took ${known.ratio.p50.toFixed(2)} times what the model says; half of its estimates were off by more than ${off} %`,
    ];
  });
}

/**
 * What is known of the model's error, for each family and GPU type on which enough trainings have ended. Those on machines of
 * one's own count for the GPU type that their backend was told.
 */
export function calibrationsOf(
  past: readonly PastTraining[],
  backends: readonly Pick<TrainingBackend, "name" | "gpu">[],
): EstimateCalibration[] {
  const own = new Map(backends.map(({ name, gpu }) => [name, gpu === undefined ? null : (findGpu(gpu)?.id ?? null)]));
  const placed = past.map((one) => ({ ...one, gpu: one.gpu ?? own.get(one.backend) ?? null }));
  const kinds = new Map(placed.map(({ family, gpu }) => [`${family} ${gpu}`, { family, gpu }]));
  return [...kinds.values()].flatMap(({ family, gpu }) => {
    const calibration = gpu === null ? null : calibrationOf({ family, gpu }, placed);
    return gpu === null || calibration === null ? [] : [{ family, gpu, ...calibration }];
  });
}

const gpuOf = (placement: PlanContext["placement"]): string | null =>
  placement?.mode === "cloud" ? placement.gpu : null;

import {
  CHECKPOINT_COMMIT_SECONDS,
  type Json,
  type Placement,
  type Recipe,
  type RecipeIssue,
  type RunSpec,
  rangeOf,
  stepsOf,
  type TrainingEstimate,
  trainLoraJob,
} from "@loramill/contracts";
import { chooseBackend } from "./choose-backend.ts";
import type { PlanContext, TrainingChoice } from "./plan-context.ts";
import { refuse } from "./refuse.ts";
import { asParams, type StepPlan } from "./step-plan.ts";

/** Pictures that a training is priced for when they cannot be counted before they are read. */
export const ASSUMED_IMAGES = 30;

export function planTrain(spec: RunSpec, recipe: Recipe, context: PlanContext): StepPlan {
  const train = spec.train;
  if (train === undefined) throw new TypeError("the spec trains nothing");
  const { backend, notes } = chooseBackend({
    field: "train.backend",
    wanted: train.backend,
    candidates: context.trainingBackends,
    unfit: (candidate) => unfit(candidate, recipe, context),
  });
  const images = context.sources.items ?? ASSUMED_IMAGES;
  const issues = recipeIssues(backend, recipe, context);
  const errors = issues.filter((issue) => issue.severity === "error");
  if (errors[0] !== undefined) refuseRecipe(backend.name, recipe, errors[0], errors);
  const estimate = backend.estimate(recipe, { images });
  return {
    step: {
      name: "train",
      kind: "train",
      job: trainLoraJob.name,
      jobVersion: trainLoraJob.version,
      needs: spec.caption === undefined ? ["dataset"] : ["dataset", "caption"],
      fanOut: { type: "single" },
      params: asParams({
        name: train.name ?? spec.name,
        backend: backend.name,
        backendVersion: backend.version,
        triggerWord: recipe.triggerWord,
        recipe,
        placement: context.placement,
      }),
      external: null,
      estimate: {
        items: 1,
        seconds: estimate.seconds.p50,
        microUsd: Math.ceil(estimate.costMicroUsd.p90),
        ...leastOf(estimate, recipe, backend),
      },
    },
    notes: [
      ...notes,
      ...issues.filter((issue) => issue.severity === "warning").map((issue) => `${fieldOf(issue)}: ${issue.message}`),
    ],
  };
}

/**
 * What is worth starting with: the first checkpoint in the store, and what it costs when nobody looks any more. Empty where the
 * whole costs no more, and of backends whose trainings cannot be stopped and taken up again.
 */
function leastOf(
  { seconds, costMicroUsd }: TrainingEstimate,
  recipe: Recipe,
  { capabilities, limits }: TrainingChoice,
): { leastMicroUsd?: number } {
  const unattendedSeconds = limits?.unattendedSeconds;
  if (!capabilities.resume || unattendedSeconds === undefined || seconds.p90 === 0) return {};
  const intervalSeconds = seconds.p90 * Math.min(1, recipe.saveEverySteps / stepsOf(recipe));
  const microUsdPerSecond = costMicroUsd.p90 / seconds.p90;
  const leastMicroUsd = Math.ceil(
    microUsdPerSecond * (intervalSeconds + CHECKPOINT_COMMIT_SECONDS + unattendedSeconds),
  );
  return leastMicroUsd < costMicroUsd.p90 ? { leastMicroUsd } : {};
}

function unfit(
  { capabilities }: TrainingChoice,
  recipe: Recipe,
  { storeReachable, placement }: PlanContext,
): string | null {
  if (!capabilities.families.includes(recipe.family)) {
    return `trains ${capabilities.families.join(", ")}, not ${recipe.family}`;
  }
  if (capabilities.needsReachableStore && storeReachable === false) {
    return "runs elsewhere and cannot reach the object store: use S3 or set PUBLIC_URL";
  }
  return placement === undefined ? null : misplaced(capabilities.placement, placement);
}

/** Why a backend cannot run where it was asked to, as a clause; null when it can. */
function misplaced({ local, cloud }: TrainingChoice["capabilities"]["placement"], wanted: Placement): string | null {
  if (wanted.mode === "cloud") {
    if (cloud === null) return "does not rent machines: leave out train.mode and train.compute, or say local";
    if (cloud.providers.includes(wanted.provider)) return null;
    return `rents from ${cloud.providers.join(", ")}, not from ${wanted.provider}`;
  }
  if (local === null) return "runs on rented machines only: say train.mode: cloud";
  const device = wanted.device.split(":")[0] ?? "";
  if (device !== "auto" && !local.devices.includes(device)) {
    return `runs on ${local.devices.join(", ")}, not on ${wanted.device}`;
  }
  const { optimization } = wanted;
  if (optimization !== null && !local.optimizations.includes(optimization)) {
    return `has no attention kernel to choose; leave out train.compute.optimization (${optimization})`;
  }
  return null;
}

/** What the backend says, then what holds on any of them and was not said yet. */
function recipeIssues(backend: TrainingChoice, recipe: Recipe, { checkRecipe, sources }: PlanContext): RecipeIssue[] {
  const own = backend.validate(recipe);
  const general = checkRecipe?.(recipe, sources.items ? { images: sources.items } : {}) ?? [];
  return [...own, ...general.filter(({ field }) => !own.some((issue) => issue.field === field))];
}

const fieldOf = ({ field }: RecipeIssue): string => (field === "dataset" ? "dataset" : `train.recipe.${field}`);

function refuseRecipe(backend: string, recipe: Recipe, first: RecipeIssue, all: readonly RecipeIssue[]): never {
  const allowed = first.field === "dataset" ? undefined : rangeOf(first.field);
  const others = all.slice(1).map((issue) => `${fieldOf(issue)}: ${issue.message}`);
  return refuse({
    code: "recipe-refused",
    field: fieldOf(first),
    problem: `${backend} cannot do this: ${first.message.replace(/\.$/, "")}`,
    ...(first.field === "dataset" ? {} : { given: recipe[first.field] satisfies Json }),
    ...(allowed === undefined ? {} : { allowed: `${allowed} in general, less on this backend` }),
    ...(others.length === 0 ? {} : { likely: `also ${others.join("; ")}` }),
  });
}

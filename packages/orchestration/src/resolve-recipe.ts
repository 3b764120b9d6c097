import { nearNames, Recipe, type RecipeOverrides, type RecipeTemplate, type RunSpec } from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { refuse } from "./refuse.ts";

/** A recipe with every field given, and what was decided on the way. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly notes: readonly string[];
}

type TrainSpec = NonNullable<RunSpec["train"]>;

const USUAL_PRESET = "pocket";

/**
 * Preset or saved recipe, then overrides, then what `compute` says of the precision. `epochs` become steps here, from the
 * number of files found in the sources: cleaning may drop some of them later, so an epoch may be a little longer than a
 * pass over what is kept. Where the files cannot be counted before they are read, epochs are refused and steps must be
 * given.
 */
export function resolveRecipe(spec: TrainSpec, context: PlanContext): ResolvedRecipe {
  const { field, name } = baseOf(spec);
  const template = findTemplate(field, name, context);
  const { epochs, experts, ...overrides } = typeof spec.recipe === "string" ? {} : spec.recipe;
  const given = withoutUndefined(overrides);
  if (epochs !== undefined && overrides.steps !== undefined) {
    refuse({
      code: "steps-and-epochs",
      field: "train.recipe.epochs",
      problem: "steps and epochs are both given",
      given: epochs,
      likely: "give one of them",
    });
  }
  const { steps: usualSteps, epochs: usualEpochs, ...rest } = template;
  const merged = {
    ...rest,
    ...given,
    ...precisionOf(spec, given),
    experts: mergeExperts(template.experts, experts),
    steps: overrides.steps ?? 0,
  };
  checkBaseModel(name, template, merged, overrides);
  const passes = epochs ?? (overrides.steps === undefined ? usualEpochs : undefined);
  if (passes === undefined) {
    const recipe = { ...merged, steps: overrides.steps ?? usualSteps ?? 0 };
    return { recipe, notes: [] };
  }
  const { steps, note } = stepsOfEpochs(passes, merged, context.sources.items);
  const recipe = { ...merged, steps };
  return { recipe, notes: [note] };
}

function baseOf({ preset, recipe }: TrainSpec): { field: string; name: string } {
  if (typeof recipe !== "string") return { field: "train.preset", name: preset ?? USUAL_PRESET };
  if (preset === undefined || preset === recipe) return { field: "train.recipe", name: recipe };
  return refuse({
    code: "preset-and-recipe",
    field: "train.recipe",
    problem: `the recipe ${recipe} and the preset ${preset} are both named`,
    given: recipe,
    likely: "name one of them; to change fields of it, write preset: its name, and recipe: the fields",
  });
}

function findTemplate(field: string, name: string, { presets }: PlanContext): RecipeTemplate {
  const template = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (template !== undefined) return template;
  const [near] = nearNames(name, Object.keys(presets));
  return refuse({
    code: "unknown-preset",
    field,
    problem: `there is no preset "${name}"`,
    given: name,
    allowed: Object.keys(presets).sort().join(", "),
    ...(near === undefined ? {} : { likely: `did you mean ${near}?` }),
  });
}

function precisionOf({ compute }: TrainSpec, given: Partial<Recipe>): Partial<Recipe> {
  if (compute === undefined || !("precision" in compute) || compute.precision === undefined) return {};
  if (given.mixedPrecision !== undefined && given.mixedPrecision !== compute.precision) {
    refuse({
      code: "two-precisions",
      field: "train.compute.precision",
      problem: `${compute.precision} is asked for here and ${given.mixedPrecision} by train.recipe.mixedPrecision`,
      given: compute.precision,
      likely: "give one of them",
    });
  }
  return { mixedPrecision: compute.precision };
}

function mergeExperts(usual: Recipe["experts"], given: RecipeOverrides["experts"]): Recipe["experts"] {
  if (given === undefined) return usual;
  if (given === null) return null;
  const { high, low, boundary } = given;
  const base = usual ?? { high: {}, low: {}, boundary: 0.875 };
  return {
    high: high === undefined ? base.high : high,
    low: low === undefined ? base.low : low,
    boundary: boundary ?? base.boundary,
  };
}

/** Another family with the preset's base model would train a LoRA that fits neither. */
function checkBaseModel(name: string, template: RecipeTemplate, merged: Recipe, { baseModel }: RecipeOverrides): void {
  if (merged.family === template.family || baseModel !== undefined) return;
  refuse({
    code: "family-of-preset",
    field: "train.recipe.family",
    problem: `the preset ${name} is for ${template.family} and its base model is ${template.baseModel}`,
    given: merged.family,
    likely: `take a preset for ${merged.family}, or give train.recipe.baseModel as well`,
  });
}

type Batches = Pick<Recipe, "batchSize" | "gradientAccumulation" | "gpus" | "repeats">;

function stepsOfEpochs(epochs: number, recipe: Batches, items: number | null): { steps: number; note: string } {
  if (items === null || items === 0) {
    return refuse({
      code: "epochs-need-count",
      field: "train.recipe.epochs",
      problem: items === 0 ? "the sources hold no files" : "the number of pictures is not known before they are read",
      given: epochs,
      likely: "give train.recipe.steps instead",
    });
  }
  const { batchSize, gradientAccumulation, gpus, repeats } = recipe;
  const perStep = batchSize * gradientAccumulation * gpus;
  const perEpoch = Math.ceil((items * repeats) / perStep);
  const steps = epochs * perEpoch;
  const { maxValue } = Recipe.shape.steps;
  if (maxValue !== null && steps > maxValue) {
    refuse({
      code: "too-many-steps",
      field: "train.recipe.epochs",
      problem: `${epochs} epochs of ${items} pictures are ${steps} steps`,
      given: epochs,
      allowed: `at most ${maxValue} steps, ${Math.floor(maxValue / perEpoch)} epochs`,
    });
  }
  const shown = repeats === 1 ? `${items} files` : `${items} files, each ${repeats} times,`;
  return { steps, note: `train.recipe: ${epochs} epochs of ${shown} in batches of ${perStep} are ${steps} steps` };
}

function withoutUndefined(overrides: Omit<RecipeOverrides, "epochs" | "experts">): Partial<Recipe> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

import { Recipe, type RunSpec } from "@loramill/contracts";
import type { PlanContext } from "./plan-context.ts";
import { nearestName, refuse } from "./refuse.ts";

/** A recipe with every field given, and what was decided on the way. */
export interface ResolvedRecipe {
  readonly recipe: Recipe;
  readonly notes: readonly string[];
}

/**
 * Preset, then overrides. `epochs` become steps here, from the number of files found in the sources: cleaning may drop
 * some of them later, so an epoch may be a little longer than a pass over what is kept. Where the files cannot be
 * counted before they are read, epochs are refused and steps must be given.
 */
export function resolveRecipe(spec: NonNullable<RunSpec["train"]>, context: PlanContext): ResolvedRecipe {
  const preset = Object.hasOwn(context.presets, spec.preset) ? context.presets[spec.preset] : undefined;
  if (preset === undefined) {
    const near = nearestName(spec.preset, Object.keys(context.presets));
    return refuse({
      code: "unknown-preset",
      field: "train.preset",
      problem: `there is no preset "${spec.preset}"`,
      given: spec.preset,
      allowed: Object.keys(context.presets).sort().join(", "),
      ...(near === undefined ? {} : { likely: `did you mean ${near}?` }),
    });
  }
  const { epochs, ...overrides } = spec.recipe;
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const merged = { ...preset, ...given };
  if (epochs === undefined) return { recipe: merged, notes: notesOn(merged) };
  if (overrides.steps !== undefined) {
    refuse({
      code: "steps-and-epochs",
      field: "train.recipe.epochs",
      problem: "steps and epochs are both given",
      given: epochs,
      likely: "give one of them",
    });
  }
  const { steps, note } = stepsOfEpochs(epochs, merged.batchSize, context.sources.items);
  const recipe = { ...merged, steps };
  return { recipe, notes: [note, ...notesOn(recipe)] };
}

function stepsOfEpochs(epochs: number, batchSize: number, items: number | null): { steps: number; note: string } {
  if (items === null || items === 0) {
    return refuse({
      code: "epochs-need-count",
      field: "train.recipe.epochs",
      problem: items === 0 ? "the sources hold no files" : "the number of pictures is not known before they are read",
      given: epochs,
      likely: "give train.recipe.steps instead",
    });
  }
  const steps = epochs * Math.ceil(items / batchSize);
  const { maxValue } = Recipe.shape.steps;
  if (maxValue !== null && steps > maxValue) {
    refuse({
      code: "too-many-steps",
      field: "train.recipe.epochs",
      problem: `${epochs} epochs of ${items} pictures are ${steps} steps`,
      given: epochs,
      allowed: `at most ${maxValue} steps, ${Math.floor(maxValue / Math.ceil(items / batchSize))} epochs`,
    });
  }
  return {
    steps,
    note: `train.recipe: ${epochs} epochs of ${items} files in batches of ${batchSize} are ${steps} steps`,
  };
}

function notesOn(recipe: Recipe): string[] {
  if (recipe.warmupSteps < recipe.steps) return [];
  return [
    `train.recipe: the warm-up of ${recipe.warmupSteps} steps is as long as the training of ${recipe.steps}; the full learning rate is never reached`,
  ];
}

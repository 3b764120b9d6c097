import type { Recipe, RecipeIssue } from "@loramill/contracts";
import { sideStep } from "./picture-sizes.ts";
import type { TrainSettings } from "./training-graph.ts";

/**
 * Families whose modules are known as the training node names them, so that other tools find them in the file. The node
 * itself trains whatever it is given, at noise levels that the model's own sampling draws (comfy_extras/nodes_train.py).
 */
export const families = ["sd15", "sdxl", "sd3", "flux"] as const satisfies readonly Recipe["family"][];

/** The alpha of ComfyUI's training node, which has no input for it: it multiplies the update by 1 / rank. */
export const COMFYUI_ALPHA = 1;
const MAX_STEPS = 100_000;

/** The choices of TrainLoraNode for a recipe. */
export function trainSettings(recipe: Recipe): TrainSettings {
  return {
    batchSize: recipe.batchSize,
    gradientAccumulation: recipe.gradientAccumulation,
    steps: recipe.steps,
    learningRate: rateForAlphaOne(recipe),
    rank: recipe.rank,
    optimiser: "AdamW",
    seed: recipe.seed,
    precision: recipe.mixedPrecision === "fp32" ? "fp32" : "bf16",
    gradientCheckpointing: recipe.gradientCheckpointing,
    isOffloaded: recipe.blockSwap > 0,
  };
}

/** Values that are out of ComfyUI's bounds, whatever it makes of their fields. */
export function valueIssues(recipe: Recipe): RecipeIssue[] {
  const issues: RecipeIssue[] = [];
  const refuse = (isBad: boolean, field: RecipeIssue["field"], message: string) => {
    if (isBad) issues.push({ field, severity: "error", message });
  };
  const isKnown = (families as readonly string[]).includes(recipe.family);
  refuse(
    !isKnown,
    "family",
    `ComfyUI's training nodes are used for ${families.join(", ")}, not ${recipe.family}: choose another backend`,
  );
  refuse(recipe.steps > MAX_STEPS, "steps", `ComfyUI takes 1 to ${MAX_STEPS} steps, not ${recipe.steps}`);
  const rate = rateForAlphaOne(recipe);
  refuse(
    rate > 1,
    "learningRate",
    `at alpha 1 the rate would be ${rate}, and ComfyUI takes at most 1: lower alpha or learningRate`,
  );
  const step = sideStep(recipe.family);
  refuse(
    !recipe.buckets && recipe.resolution % step !== 0,
    "resolution",
    `${recipe.resolution} px would be cut off by the encoder: take a multiple of ${step}`,
  );
  return issues;
}

/**
 * The rate at which alpha 1 learns as the recipe's alpha does. Adam's steps do not depend on the size of the gradient, so
 * two factors that are √a larger and learn at a rate √a larger draw the same update: what the scale lacks goes into them.
 */
function rateForAlphaOne({ alpha, learningRate }: Pick<Recipe, "alpha" | "learningRate">): number {
  return Number((learningRate * Math.sqrt(alpha / COMFYUI_ALPHA)).toPrecision(6));
}

import type { Recipe, RecipeIssue } from "@loramill/contracts";

/** Sides of the training picture that a family takes: a multiple of `step`, within the two ends. */
const sides: Readonly<Record<Recipe["family"], { step: number; least: number; most: number }>> = {
  pocket: { step: 8, least: 48, most: 128 },
  sd15: { step: 64, least: 256, most: 1024 },
  sdxl: { step: 64, least: 512, most: 2048 },
  sd3: { step: 64, least: 512, most: 2048 },
  flux: { step: 64, least: 256, most: 2048 },
  wan22: { step: 16, least: 256, most: 1280 },
};

/** Learning rates above this nearly always destroy a LoRA of the family at alpha = rank. */
const highestRates: Readonly<Record<Recipe["family"], number>> = {
  pocket: 4e-2,
  sd15: 1e-3,
  sdxl: 1e-3,
  sd3: 5e-4,
  flux: 1e-3,
  wan22: 5e-4,
};

/**
 * What is impossible (errors) or unwise (warnings) about a recipe whatever the backend. Each message says what to
 * change. `images` may be left out before the dataset is known.
 */
export function checkRecipe(recipe: Recipe, dataset: { readonly images?: number } = {}): RecipeIssue[] {
  const issues: RecipeIssue[] = [];
  const report = (field: RecipeIssue["field"], severity: RecipeIssue["severity"], message: string) =>
    issues.push({ field, severity, message });
  const { step, least, most } = sides[recipe.family];
  if (recipe.resolution % step !== 0 || recipe.resolution < least || recipe.resolution > most) {
    const rule = `a multiple of ${step} from ${least} to ${most}`;
    report("resolution", "error", `${recipe.resolution} px is not a size ${recipe.family} trains at; take ${rule}`);
  }
  if (recipe.warmupSteps >= recipe.steps) {
    report(
      "warmupSteps",
      "error",
      `the warm-up (${recipe.warmupSteps}) must be shorter than the training (${recipe.steps})`,
    );
  }
  const effectiveRate = recipe.learningRate * Math.max(1, recipe.alpha / recipe.rank);
  if (effectiveRate > highestRates[recipe.family]) {
    const limit = highestRates[recipe.family];
    report(
      "learningRate",
      "warning",
      `${effectiveRate} (with alpha / rank) is above ${limit} and is likely to diverge`,
    );
  }
  if (recipe.alpha > 2 * recipe.rank) {
    report(
      "alpha",
      "warning",
      `alpha ${recipe.alpha} is more than twice the rank ${recipe.rank}; equal or half is usual`,
    );
  }
  if (recipe.captionDropout > 0.5) {
    report("captionDropout", "warning", `${recipe.captionDropout} leaves more steps without a caption than with one`);
  }
  if (dataset.images !== undefined) checkLength(recipe, dataset.images, report);
  return issues;
}

type Report = (field: RecipeIssue["field"], severity: RecipeIssue["severity"], message: string) => unknown;

function checkLength(recipe: Recipe, images: number, report: Report): void {
  if (images === 0) return void report("dataset", "error", "there is no picture to train on");
  const views = (recipe.steps * recipe.batchSize) / images;
  if (views < 5) {
    const steps = Math.ceil((20 * images) / recipe.batchSize);
    report(
      "steps",
      "warning",
      `each picture is seen only ${views.toFixed(1)} times; about ${steps} steps would be 20 times`,
    );
  }
  if (views > 1000 && images > 1) {
    report(
      "steps",
      "warning",
      `each picture is seen ${Math.round(views)} times; the LoRA may only copy its ${images} pictures`,
    );
  }
}

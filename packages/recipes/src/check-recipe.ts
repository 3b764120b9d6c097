import { neutralRecipe, type Recipe, type RecipeIssue, type RecipeTemplate } from "@loramill/contracts";
import type { Family } from "./families/family.ts";
import { families } from "./families/index.ts";

type Report = (field: RecipeIssue["field"], severity: RecipeIssue["severity"], message: string) => unknown;

/**
 * What is impossible (errors) or unwise (warnings) about a recipe whatever the backend. Each message names what is
 * allowed and the likely mistake. `images` may be left out before the dataset is known.
 */
export function checkRecipe(recipe: Recipe, dataset: { readonly images?: number } = {}): RecipeIssue[] {
  const issues: RecipeIssue[] = [];
  const report: Report = (field, severity, message) => issues.push({ field, severity, message });
  const family = families[recipe.family];
  checkBase(recipe, family, report);
  checkSides(recipe, family, report);
  checkNetwork(recipe, family, report);
  checkRates(recipe, family, report);
  checkNoise(recipe, family, report);
  checkCaptions(recipe, report);
  if (dataset.images !== undefined) checkLength(recipe, dataset.images, report);
  return issues;
}

/** The same of a recipe that does not know its dataset: epochs, which become steps with it, are taken to be long enough. */
export function checkTemplate({ epochs: _epochs, steps, ...rest }: RecipeTemplate): RecipeIssue[] {
  return checkRecipe({ ...rest, steps: steps ?? Number.MAX_SAFE_INTEGER });
}

function checkBase({ family: name, baseModel, experts }: Recipe, family: Family, report: Report): void {
  const owner = Object.entries(families).find(([, { recipe }]) => recipe.baseModel?.[0] === baseModel);
  if (owner !== undefined && owner[0] !== name) {
    report("baseModel", "error", `${baseModel} is a model of the family ${owner[0]}, and the recipe is for ${name}`);
  }
  if (experts !== null && !family.pair) {
    report("experts", "error", `${family.title} is one network; only Wan 2.2 14B has experts: leave them out`);
  }
  if (experts === null && family.pair) {
    report("experts", "error", `${family.title} has two experts: say what is trained, such as { high: {}, low: {} }`);
  }
  if (experts !== null && experts.high === null && experts.low === null) {
    report("experts", "error", "both experts are null, so nothing would be trained: give one of them {}");
  }
}

function checkSides(recipe: Recipe, family: Family, report: Report): void {
  const { step, least, most } = family.sides;
  const { resolution, buckets, bucketStep, bucketMinSide, bucketMaxSide } = recipe;
  if (resolution % step !== 0 || resolution < least || resolution > most) {
    const near = Math.min(most, Math.max(least, Math.round(resolution / step) * step));
    const rule = `a multiple of ${step} from ${least} to ${most}; the closest is ${near}`;
    report("resolution", "error", `${resolution} px is not a size ${recipe.family} trains at; take ${rule}`);
  }
  if (!buckets) return;
  const grain = family.recipe.bucketStep?.[0] ?? step;
  if (bucketStep % Math.min(grain, 32) !== 0) {
    report(
      "bucketStep",
      "error",
      `sides must be multiples of ${Math.min(grain, 32)} for ${recipe.family}, best ${grain}`,
    );
  }
  if (bucketMinSide > resolution || bucketMaxSide < resolution) {
    const field = bucketMinSide > resolution ? "bucketMinSide" : "bucketMaxSide";
    report(
      field,
      "error",
      `buckets of ${bucketMinSide} to ${bucketMaxSide} px leave out the square of ${resolution} px`,
    );
  }
}

function checkNetwork(recipe: Recipe, family: Family, report: Report): void {
  const { rank, alpha, convRank, convAlpha, targetModules } = recipe;
  if (alpha > rank) {
    const mistake = alpha > 2 * rank ? "were alpha and rank swapped? " : "";
    report(
      "alpha",
      "warning",
      `alpha ${alpha} is above the rank ${rank} and multiplies the learning rate by ${alpha / rank}; ${mistake}equal or half is usual`,
    );
  }
  if (convRank > 0 && family.targetModules.convolution === undefined) {
    report("convRank", "error", `${family.title} has no convolutions to train; write convRank: 0`);
  }
  if (convRank > 0 && convAlpha === 0) {
    report(
      "convAlpha",
      "error",
      `convolutions of rank ${convRank} are scaled by 0 / ${convRank}; give up to ${convRank}`,
    );
  }
  const unknown = targetModules.filter((name) => !Object.hasOwn(family.targetModules, name));
  if (unknown.length > 0) {
    const known = Object.keys(family.targetModules).join(", ");
    report("targetModules", "error", `${recipe.family} has no modules ${unknown.join(", ")}; take of ${known}`);
  }
  if (targetModules.includes("convolution") && convRank === 0) {
    report("convRank", "error", "convolution is among targetModules and convRank is 0; give it a rank");
  }
}

function checkRates(recipe: Recipe, family: Family, report: Report): void {
  const { learningRate, alpha, rank, optimiser, trainTextEncoder, textEncoderLearningRate } = recipe;
  if (recipe.warmupSteps >= recipe.steps) {
    const { warmupSteps, steps } = recipe;
    report(
      "warmupSteps",
      "warning",
      `the warm-up of ${warmupSteps} steps is as long as the training of ${steps}; the full learning rate is never reached`,
    );
  }
  const isProdigy = optimiser === "prodigy";
  const effective = learningRate * Math.max(1, alpha / rank);
  if (isProdigy && learningRate < 0.1) {
    report("learningRate", "warning", `prodigy finds the rate itself and takes this as a factor: write 1`);
  }
  if (!isProdigy && effective > family.highestRate) {
    const usual = family.recipe.learningRate?.[0];
    const typed = usual !== undefined && learningRate / usual >= 9 ? `; was ${usual} meant?` : "";
    report(
      "learningRate",
      "warning",
      `${effective} (with alpha / rank) is above ${family.highestRate} and is likely to diverge${typed}`,
    );
  }
  if (trainTextEncoder && family.network.textLoraParametersPerRank === 0) {
    report("trainTextEncoder", "error", `no trainer trains the text encoders of ${family.title}; write false`);
  } else if (trainTextEncoder && textEncoderLearningRate === 0) {
    report(
      "textEncoderLearningRate",
      "error",
      `the text encoders are trained at a rate of 0; a tenth of ${learningRate} is usual`,
    );
  }
  if (!trainTextEncoder && textEncoderLearningRate > 0) {
    report("textEncoderLearningRate", "warning", "the text encoders are not trained; set trainTextEncoder to true");
  }
  if (trainTextEncoder && recipe.textCaching !== "none") {
    report("textCaching", "error", "captions encoded once cannot train the text encoders; write none");
  }
}

function checkNoise(recipe: Recipe, family: Family, report: Report): void {
  if (family.flowMatching) {
    for (const field of ["minSnrGamma", "noiseOffset"] as const) {
      if (recipe[field] > 0)
        report(field, "error", `means nothing to ${family.title}, trained by flow matching; write 0`);
    }
  } else if (recipe.timestepSampling !== neutralRecipe.timestepSampling) {
    report("timestepSampling", "error", `${family.title} is trained at noise levels drawn evenly; write uniform`);
  }
  const shifts = recipe.timestepSampling === "shift" || recipe.timestepSampling === "logit-normal";
  if (recipe.timestepShift !== 1 && !shifts) {
    report("timestepShift", "warning", `does nothing with timestepSampling ${recipe.timestepSampling}; take shift`);
  }
  if (recipe.guidance > 0 && !family.takesGuidance) {
    report("guidance", "error", `${family.title} is told no guidance while training; write 0`);
  }
}

function checkCaptions(recipe: Recipe, report: Report): void {
  const { captionDropout, textCaching, shuffleTokens, latentCaching, colourJitter, randomCrop } = recipe;
  if (captionDropout > 0.5) {
    report("captionDropout", "warning", `${captionDropout} leaves more steps without a caption than with one`);
  }
  if (textCaching !== "none" && (captionDropout > 0 || shuffleTokens)) {
    const what = captionDropout > 0 ? "captionDropout" : "shuffleTokens";
    report(
      "textCaching",
      "error",
      `captions encoded once cannot change: set ${what} to ${what === "captionDropout" ? 0 : false}`,
    );
  }
  if (latentCaching !== "none" && (colourJitter || randomCrop)) {
    const what = colourJitter ? "colourJitter" : "randomCrop";
    report("latentCaching", "error", `pictures encoded once cannot change: set ${what} to false, or write none`);
  }
}

function checkLength(recipe: Recipe, images: number, report: Report): void {
  if (images === 0) return void report("dataset", "error", "there is no picture to train on");
  const perStep = recipe.batchSize * recipe.gradientAccumulation * recipe.gpus;
  const views = (recipe.steps * perStep) / images;
  if (views < 5) {
    const steps = Math.ceil((20 * images) / perStep);
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

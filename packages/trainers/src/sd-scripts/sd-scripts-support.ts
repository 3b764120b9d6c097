import type { Recipe, RecipeIssue, RecipeSupport } from "@loramill/contracts";
import { honoured, limited, refused, translated } from "../field-support.ts";
import { noiseIssues, predictsNoise } from "../noise-issues.ts";

const onlyFlow = "the scripts that train by flow matching read it, those of sd15 and sdxl do not";

/** What sd-scripts makes of every field. */
export const sdScriptsSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: limited(["none", "fp8"], "the scripts know fp8 for the frozen base and nothing else"),
  experts: refused("its families are one network each"),
  rank: honoured,
  alpha: honoured,
  convRank: honoured,
  convAlpha: honoured,
  targetModules: refused("its network modules choose by themselves which layers they change"),
  networkDropout: honoured,
  rankDropout: honoured,
  moduleDropout: honoured,
  learningRate: honoured,
  trainTextEncoder: honoured,
  textEncoderLearningRate: honoured,
  optimiser: honoured,
  optimiserArgs: honoured,
  scheduler: honoured,
  schedulerCycles: honoured,
  schedulerPower: honoured,
  warmupSteps: honoured,
  emaDecay: refused("the scripts keep no averages of weights"),
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: honoured,
  repeats: honoured,
  gpus: honoured,
  seed: honoured,
  resolution: honoured,
  buckets: honoured,
  bucketMinSide: honoured,
  bucketMaxSide: honoured,
  bucketStep: honoured,
  bucketUpscale: honoured,
  horizontalFlip: honoured,
  colourJitter: honoured,
  randomCrop: honoured,
  regularisation: honoured,
  triggerWord: honoured,
  captionDropout: honoured,
  shuffleTokens: honoured,
  keepTokens: honoured,
  minSnrGamma: honoured,
  noiseOffset: honoured,
  timestepSampling: translated(`the script's own words for it; ${onlyFlow}`),
  timestepShift: translated(`discrete_flow_shift or training_shift; ${onlyFlow}`),
  guidance: translated(`guidance_scale of the flux script; ${onlyFlow}`),
  mixedPrecision: honoured,
  gradientCheckpointing: honoured,
  blockSwap: honoured,
  latentCaching: honoured,
  textCaching: honoured,
  saveEverySteps: honoured,
  samplePrompts: honoured,
  sampleEverySteps: honoured,
};

/** Fields that its parsers or scripts refuse together. */
export function checkSdScripts(recipe: Recipe): RecipeIssue[] {
  const issues = noiseIssues(recipe);
  const error = (field: RecipeIssue["field"], message: string) => issues.push({ field, severity: "error", message });
  if (recipe.textCaching !== "none" && recipe.family === "sd15") {
    issues.push({
      field: "textCaching",
      severity: "warning",
      message: "sd-scripts caches no captions for sd15: its text encoder runs at every step",
    });
  } else if (recipe.textCaching !== "none") {
    if (recipe.trainTextEncoder)
      error("textCaching", "cached captions cannot train a text encoder: set one of the two");
    if (recipe.shuffleTokens) error("shuffleTokens", "cached captions cannot be shuffled: set textCaching: none");
    if (recipe.captionDropout > 0) error("captionDropout", "cached captions cannot be dropped: set textCaching: none");
  }
  if (recipe.latentCaching !== "none" && (recipe.colourJitter || recipe.randomCrop)) {
    error("latentCaching", "cached pictures cannot be cut or coloured anew: set latentCaching: none");
  }
  if (recipe.blockSwap > 0 && predictsNoise(recipe.family))
    error("blockSwap", `sd-scripts swaps no blocks of ${recipe.family}`);
  if (recipe.baseQuantisation === "fp8" && recipe.mixedPrecision === "fp32") {
    error("baseQuantisation", "a base in fp8 needs mixedPrecision fp16 or bf16");
  }
  return issues;
}

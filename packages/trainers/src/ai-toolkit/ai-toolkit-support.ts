import type { Recipe, RecipeIssue, RecipeSupport } from "@loramill/contracts";
import { honoured, limited, noEffect, refused, translated } from "../field-support.ts";

const ownBuckets = "ai-toolkit makes its own buckets of the resolution's area";
const noRandom = "ai-toolkit cuts and colours pictures in no random way that a recipe could ask for";
const ownNoise = "ai-toolkit draws noise levels by the scheduler of the family";

/** What ai-toolkit makes of every field. */
export const aiToolkitSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: translated("its own 8-bit quantisation of transformer and text encoders"),
  experts: refused("one training makes one file here"),
  rank: honoured,
  alpha: honoured,
  convRank: honoured,
  convAlpha: honoured,
  targetModules: refused("it trains the modules that it knows for the family"),
  networkDropout: refused("its LoRA has no dropout setting that is documented"),
  rankDropout: refused("its LoRA has no dropout of ranks"),
  moduleDropout: refused("its LoRA has no dropout of modules"),
  learningRate: honoured,
  trainTextEncoder: honoured,
  textEncoderLearningRate: translated("the rate of the unet, which its text encoders share"),
  optimiser: limited(["adamw", "adamw8bit", "adafactor", "prodigy"], "these are the ones it is known to have"),
  optimiserArgs: honoured,
  scheduler: limited(["constant", "cosine"], "its other schedules mean something else than a recipe's"),
  schedulerCycles: refused("it has no cosine-restarts of a number of cycles"),
  schedulerPower: refused("it has no polynomial"),
  warmupSteps: translated("no warm-up: it has none beside a schedule"),
  emaDecay: honoured,
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: honoured,
  repeats: honoured,
  gpus: refused("one of its jobs runs on one GPU"),
  seed: translated("the seed of its samples; its training draws from the machine's own"),
  resolution: honoured,
  buckets: translated(ownBuckets),
  bucketMinSide: noEffect(ownBuckets),
  bucketMaxSide: noEffect(ownBuckets),
  bucketStep: noEffect(ownBuckets),
  bucketUpscale: noEffect(ownBuckets),
  horizontalFlip: honoured,
  colourJitter: refused(noRandom),
  randomCrop: refused(noRandom),
  regularisation: honoured,
  triggerWord: honoured,
  captionDropout: honoured,
  shuffleTokens: honoured,
  keepTokens: refused("it shuffles all parts of a caption or none"),
  minSnrGamma: honoured,
  noiseOffset: honoured,
  timestepSampling: translated(ownNoise),
  timestepShift: translated(ownNoise),
  guidance: translated("the guidance that it knows for the family"),
  mixedPrecision: honoured,
  gradientCheckpointing: honoured,
  blockSwap: refused("it has no swapping of a number of blocks"),
  latentCaching: honoured,
  textCaching: noEffect("it decides itself what it caches of captions"),
  saveEverySteps: honoured,
  samplePrompts: honoured,
  sampleEverySteps: honoured,
};

/** Fields that do not go together. */
export function checkAiToolkit(recipe: Recipe): RecipeIssue[] {
  if (!recipe.trainTextEncoder || recipe.family === "sd15" || recipe.family === "sdxl") return [];
  const message = `ai-toolkit trains text encoders of sd15 and sdxl only, not of ${recipe.family}`;
  return [{ field: "trainTextEncoder", severity: "error", message }];
}

import type { Recipe, RecipeIssue, RecipeSupport } from "@loramill/contracts";
import { honoured, limited, noEffect, refused, translated } from "../field-support.ts";
import { noiseIssues } from "../noise-issues.ts";

const ownBuckets = "SimpleTuner makes its own buckets of the resolution's area";
const ownNoise = "SimpleTuner draws noise levels as it knows for the family";
const always = "SimpleTuner always keeps encoded pictures and captions on disk";

/** What SimpleTuner makes of every field. */
export const simpleTunerSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: honoured,
  experts: refused("one training makes one file here"),
  rank: honoured,
  alpha: honoured,
  convRank: refused("its standard LoRA changes no convolutions"),
  convAlpha: refused("its standard LoRA changes no convolutions"),
  targetModules: refused("it trains the modules that it knows for the family"),
  networkDropout: honoured,
  rankDropout: refused("its standard LoRA has no dropout of ranks"),
  moduleDropout: refused("its standard LoRA has no dropout of modules"),
  learningRate: honoured,
  trainTextEncoder: refused("its LoRA leaves the text encoders alone"),
  textEncoderLearningRate: refused("its LoRA leaves the text encoders alone"),
  optimiser: limited(
    ["adamw", "adamw8bit", "adafactor", "lion", "lion8bit"],
    "its prodigy brings a schedule of its own",
  ),
  optimiserArgs: refused("it takes settings of its own for each optimiser"),
  scheduler: limited(["constant", "linear", "polynomial"], "its cosines come back up every warm-up, without an end"),
  schedulerCycles: refused("its cosine with restarts counts in warm-ups"),
  schedulerPower: honoured,
  warmupSteps: honoured,
  emaDecay: refused("its averages of weights are not known to be saved in their place"),
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: honoured,
  repeats: honoured,
  gpus: refused("one of its jobs runs on one GPU here"),
  seed: honoured,
  resolution: honoured,
  buckets: honoured,
  bucketMinSide: noEffect(ownBuckets),
  bucketMaxSide: noEffect(ownBuckets),
  bucketStep: noEffect(ownBuckets),
  bucketUpscale: noEffect(ownBuckets),
  horizontalFlip: refused("it mirrors no pictures"),
  colourJitter: refused("it colours no pictures"),
  randomCrop: honoured,
  regularisation: refused("its regularisation sets mean something else than a class's"),
  triggerWord: honoured,
  captionDropout: honoured,
  shuffleTokens: refused("it reads captions as they are"),
  keepTokens: noEffect("captions are not shuffled"),
  minSnrGamma: honoured,
  noiseOffset: honoured,
  timestepSampling: translated(ownNoise),
  timestepShift: translated(ownNoise),
  guidance: translated("the guidance that it knows for the family"),
  mixedPrecision: limited(["bf16"], "adamw_bf16 keeps its weights in bf16"),
  gradientCheckpointing: honoured,
  blockSwap: refused("it swaps blocks of some of its families only"),
  latentCaching: noEffect(always),
  textCaching: noEffect(always),
  saveEverySteps: honoured,
  samplePrompts: honoured,
  sampleEverySteps: honoured,
};

/** Of the seeds of a recipe, it takes the lower half. */
const LARGEST_SEED = 2_147_483_647;
const SMALLEST_ALPHA = 0.1;
const SMALLEST_POWER = 0.1;
const SMALLEST_RESOLUTION = 256;
const RESOLUTION_STEP = 64;

/** Values that its own rules refuse, and fields that do not go together. */
export function checkSimpleTuner(recipe: Recipe): RecipeIssue[] {
  const issues = noiseIssues(recipe);
  const refuse = (isBad: boolean, field: RecipeIssue["field"], message: string) => {
    if (isBad) issues.push({ field, severity: "error", message: `SimpleTuner ${message}` });
  };
  refuse(recipe.seed > LARGEST_SEED, "seed", `takes seeds up to ${LARGEST_SEED}`);
  refuse(recipe.alpha < SMALLEST_ALPHA, "alpha", `takes an alpha of ${SMALLEST_ALPHA} or more`);
  refuse(!Number.isInteger(recipe.minSnrGamma), "minSnrGamma", "takes whole numbers");
  const isPower = recipe.scheduler === "polynomial" && recipe.schedulerPower < SMALLEST_POWER;
  refuse(isPower, "schedulerPower", `takes a power of ${SMALLEST_POWER} or more`);
  const isSide = recipe.resolution >= SMALLEST_RESOLUTION && recipe.resolution % RESOLUTION_STEP === 0;
  refuse(!isSide, "resolution", `takes multiples of ${RESOLUTION_STEP} from ${SMALLEST_RESOLUTION} on`);
  return issues;
}

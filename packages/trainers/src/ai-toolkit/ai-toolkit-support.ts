import type { Recipe, RecipeIssue, RecipeSupport } from "@loramill/contracts";
import { honoured, limited, noEffect, refused, translated } from "../field-support.ts";
import { noiseIssues, predictsNoise } from "../noise-issues.ts";
import { expertSettings, WAN_BOUNDARY } from "./expert-settings.ts";

const ownBuckets = "ai-toolkit makes its own buckets of the resolution's area";
const noRandom = "ai-toolkit cuts and colours pictures in no random way that a recipe could ask for";
const ownNoise = "ai-toolkit draws noise levels by the scheduler of the family";

/** What ai-toolkit makes of every field. */
export const aiToolkitSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: translated("quanto's qint8, qfloat8 or qint4 for transformer and text encoders"),
  experts: honoured,
  rank: honoured,
  alpha: honoured,
  convRank: honoured,
  convAlpha: honoured,
  targetModules: refused("it trains the modules that it knows for the family"),
  networkDropout: honoured,
  rankDropout: refused("its LoRA has no dropout of ranks"),
  moduleDropout: refused("its LoRA has no dropout of modules"),
  learningRate: honoured,
  trainTextEncoder: honoured,
  textEncoderLearningRate: translated("the rate of the unet, which its text encoders share"),
  optimiser: limited(["adamw", "adamw8bit", "adafactor", "prodigy", "lion8bit"], "its image holds no library for lion"),
  optimiserArgs: honoured,
  scheduler: limited(["constant", "cosine"], "its other schedules mean something else than a recipe's"),
  schedulerCycles: refused("it has no cosine-restarts of a number of cycles"),
  schedulerPower: refused("it has no polynomial"),
  warmupSteps: translated("a warm-up before a constant rate; none before a cosine"),
  emaDecay: honoured,
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: honoured,
  repeats: honoured,
  gpus: refused("one of its jobs runs on one GPU"),
  seed: honoured,
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
  timestepSampling: translated("its own words for it where the family is trained by flow matching"),
  timestepShift: translated(ownNoise),
  guidance: translated("the guidance that it knows for the family"),
  mixedPrecision: honoured,
  gradientCheckpointing: honoured,
  blockSwap: refused("it has no swapping of a number of blocks"),
  latentCaching: honoured,
  textCaching: translated("a cache on disk, and none where captions are dropped, shuffled or their encoder is trained"),
  saveEverySteps: honoured,
  samplePrompts: honoured,
  sampleEverySteps: honoured,
};

/** Fields that do not go together. */
export function checkAiToolkit(recipe: Recipe): RecipeIssue[] {
  const issues = [...noiseIssues(recipe), ...checkExperts(recipe)];
  const error = (field: RecipeIssue["field"], message: string) => issues.push({ field, severity: "error", message });
  const { family } = recipe;
  if (recipe.trainTextEncoder && !predictsNoise(family)) {
    error("trainTextEncoder", `ai-toolkit trains text encoders of sd15 and sdxl only, not of ${family}`);
  }
  if (recipe.baseQuantisation !== "none" && predictsNoise(family)) {
    error("baseQuantisation", `ai-toolkit keeps the base of ${family} as it is: set none, or another family`);
  }
  return issues;
}

/** It gives both experts the same network and turns, and knows where its model changes over. */
function checkExperts(recipe: Recipe): RecipeIssue[] {
  const { experts, family } = recipe;
  const issue = (message: string): RecipeIssue => ({ field: "experts", severity: "error", message });
  if ((experts !== null) !== (family === "wan22")) {
    return [issue("ai-toolkit trains experts of wan22 and of no other family: give them there, and null elsewhere")];
  }
  if (experts === null) return [];
  const [first, second] = expertSettings(recipe);
  const differs = (["rank", "alpha", "learningRate", "steps"] as const).filter(
    (field) => first !== undefined && second !== undefined && first[field] !== second[field],
  );
  return [
    ...(differs.length === 0
      ? []
      : [
          issue(
            `ai-toolkit trains both experts alike, and here they differ in ${differs.join(", ")}: give both the same, or train them in two runs, each with the other expert null`,
          ),
        ]),
    ...(experts.boundary === WAN_BOUNDARY
      ? []
      : [issue(`ai-toolkit changes experts at ${WAN_BOUNDARY}, not at ${experts.boundary}: leave boundary out`)]),
  ];
}

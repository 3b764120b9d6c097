import type { FieldSupport, RecipeSupport } from "@loramill/contracts";

const honoured: FieldSupport = { kind: "honoured" };
const refused = (because: string): FieldSupport => ({ kind: "refused", because });
const noEffect = (because: string): FieldSupport => ({ kind: "no-effect", because });

const noBuckets = "all of its pictures are squares of one side";
const nothingCached = "it has neither a VAE nor a separate text encoder, so there is nothing to cache";
const smallEnough = "the model is small enough without";
const ownNoise = "its noise levels are those of its base";

/** What the embedded engine makes of every field. */
export const pocketSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: noEffect(smallEnough),
  experts: refused("its model is one network"),
  rank: honoured,
  alpha: honoured,
  convRank: refused("it has no convolutions"),
  convAlpha: refused("it has no convolutions"),
  targetModules: {
    kind: "limited",
    values: [["attention", "feedforward"]],
    because: "the matrices of all of them are compiled into its training graph",
  },
  networkDropout: refused("its training graph has none"),
  rankDropout: refused("its training graph has none"),
  moduleDropout: refused("its training graph has none"),
  learningRate: honoured,
  trainTextEncoder: refused("it has no text encoder of its own"),
  textEncoderLearningRate: refused("it has no text encoder of its own"),
  optimiser: { kind: "limited", values: ["adamw"], because: "the optimiser is compiled into its training graph" },
  optimiserArgs: refused("the optimiser is compiled into its training graph"),
  scheduler: {
    kind: "limited",
    values: ["constant", "linear", "cosine"],
    because: "these are the ones it knows",
  },
  schedulerCycles: refused("it has no cosine-restarts"),
  schedulerPower: refused("it has no polynomial"),
  warmupSteps: honoured,
  emaDecay: refused("it keeps no averages of weights"),
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: refused("every batch is a step; give a larger batchSize"),
  repeats: honoured,
  gpus: refused("it runs on the CPU"),
  seed: honoured,
  resolution: honoured,
  buckets: refused(noBuckets),
  bucketMinSide: noEffect(noBuckets),
  bucketMaxSide: noEffect(noBuckets),
  bucketStep: noEffect(noBuckets),
  bucketUpscale: noEffect(noBuckets),
  horizontalFlip: honoured,
  colourJitter: refused("its pictures reach the training graph as they are"),
  randomCrop: refused("its pictures are cut before the training starts"),
  regularisation: refused("it preserves its base by pictures that it draws itself"),
  triggerWord: honoured,
  captionDropout: honoured,
  shuffleTokens: refused("it reads captions as they are"),
  keepTokens: noEffect("captions are not shuffled"),
  minSnrGamma: refused("it is trained by flow matching, where min-SNR means nothing"),
  noiseOffset: refused("it is trained by flow matching, where a noise offset means nothing"),
  timestepSampling: { kind: "limited", values: ["logit-normal"], because: ownNoise },
  timestepShift: refused(ownNoise),
  guidance: refused("it is not distilled and takes no guidance while training"),
  mixedPrecision: { kind: "translated", to: "fp32, the only format of its training graph" },
  gradientCheckpointing: noEffect(smallEnough),
  blockSwap: noEffect(smallEnough),
  latentCaching: noEffect(nothingCached),
  textCaching: noEffect(nothingCached),
  saveEverySteps: honoured,
  samplePrompts: refused("draw with the finished LoRA: add generate to the run"),
  sampleEverySteps: refused("draw with the finished LoRA: add generate to the run"),
};

import type { FieldSupport, RecipeSupport } from "@loramill/contracts";

const honoured: FieldSupport = { kind: "honoured" };
const refused = (because: string): FieldSupport => ({ kind: "refused", because });
/** Sent where the trainer publishes an input for it; the finished LoRA says where it did not. */
const whereKnown: FieldSupport = { kind: "translated", to: "what its trainer does, where that has no input for it" };

const noInput = "its trainers have no input for it";
const ownCaptions = "its trainers read captions as they are";

/** What a trainer on Replicate makes of every field. Which inputs it has is only known when it is asked. */
export const replicateSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: whereKnown,
  experts: refused("its trainers train one network"),
  rank: honoured,
  alpha: { kind: "translated", to: "alpha = rank" },
  convRank: refused(noInput),
  convAlpha: refused(noInput),
  targetModules: refused("its trainers choose the modules"),
  networkDropout: refused(noInput),
  rankDropout: refused(noInput),
  moduleDropout: refused(noInput),
  learningRate: honoured,
  trainTextEncoder: refused(noInput),
  textEncoderLearningRate: refused(noInput),
  optimiser: whereKnown,
  optimiserArgs: refused(noInput),
  scheduler: whereKnown,
  schedulerCycles: refused(noInput),
  schedulerPower: refused(noInput),
  warmupSteps: whereKnown,
  emaDecay: whereKnown,
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: refused("every batch is a step; give a larger batchSize"),
  repeats: { kind: "no-effect", because: "its trainers count steps, not epochs" },
  gpus: refused("its trainers run on one"),
  seed: whereKnown,
  resolution: honoured,
  buckets: whereKnown,
  bucketMinSide: whereKnown,
  bucketMaxSide: whereKnown,
  bucketStep: whereKnown,
  bucketUpscale: whereKnown,
  horizontalFlip: whereKnown,
  colourJitter: refused(noInput),
  randomCrop: refused(noInput),
  regularisation: refused(noInput),
  triggerWord: honoured,
  captionDropout: honoured,
  shuffleTokens: refused(ownCaptions),
  keepTokens: { kind: "no-effect", because: "captions are not shuffled" },
  minSnrGamma: refused(noInput),
  noiseOffset: refused(noInput),
  timestepSampling: whereKnown,
  timestepShift: whereKnown,
  guidance: whereKnown,
  mixedPrecision: whereKnown,
  gradientCheckpointing: whereKnown,
  blockSwap: { kind: "no-effect", because: "its machines have memory enough" },
  latentCaching: whereKnown,
  textCaching: whereKnown,
  saveEverySteps: { kind: "no-effect", because: "only the finished LoRA can be fetched" },
  samplePrompts: refused("draw with the finished LoRA: add generate to the run"),
  sampleEverySteps: refused("draw with the finished LoRA: add generate to the run"),
};

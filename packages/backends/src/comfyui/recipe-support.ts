import type { FieldSupport, Recipe, RecipeSupport } from "@loramill/contracts";
import { COMFYUI_ALPHA } from "./train-settings.ts";

const honoured: FieldSupport = { kind: "honoured" };
const refused = (because: string): FieldSupport => ({ kind: "refused", because });
const translated = (to: string): FieldSupport => ({ kind: "translated", to });
const noEffect = (because: string): FieldSupport => ({ kind: "no-effect", because });

const encodedOnce = "nothing: each picture is encoded once, as it was prepared";
const noDropout = "its training node has no dropout; leave it out, or choose another backend";
const noTextEncoder = "its training node leaves text encoders alone; leave it out, or choose another backend";
const prepared = "buckets follow from the sizes that the pictures were prepared in";
const oneRate = translated("one learning rate from the first step to the last");

/** What ComfyUI's own training nodes (0.33) make of every field. */
export const comfyUiSupport: RecipeSupport = {
  family: honoured,
  baseModel: honoured,
  baseQuantisation: {
    kind: "limited",
    values: ["none", "fp8"],
    because: "its loaders cast weights to fp8 and to nothing smaller",
  },
  experts: refused("it trains one network at a time; choose another backend for a pair"),
  rank: honoured,
  alpha: translated(`alpha ${COMFYUI_ALPHA}, the only one it has, with the learning rate times the root of alpha`),
  convRank: translated("the rank of all other modules: convolutions are always trained"),
  convAlpha: translated(`alpha ${COMFYUI_ALPHA}`),
  targetModules: refused("it trains every module; leave it empty, or choose another backend"),
  networkDropout: refused(noDropout),
  rankDropout: refused(noDropout),
  moduleDropout: refused(noDropout),
  learningRate: honoured,
  trainTextEncoder: refused(noTextEncoder),
  textEncoderLearningRate: refused(noTextEncoder),
  optimiser: {
    kind: "limited",
    values: ["adamw", "adamw8bit"],
    because: "the rates of the others mean something else; set adamw and a rate for it",
  },
  optimiserArgs: translated("PyTorch's defaults: its training node passes no others on"),
  scheduler: oneRate,
  schedulerCycles: oneRate,
  schedulerPower: oneRate,
  warmupSteps: oneRate,
  emaDecay: translated("the weights of the last step: it keeps no average"),
  steps: honoured,
  batchSize: honoured,
  gradientAccumulation: honoured,
  repeats: noEffect("a step draws any picture; steps count, not epochs"),
  gpus: refused("a server trains on one GPU; set gpus: 1"),
  seed: honoured,
  resolution: honoured,
  buckets: honoured,
  bucketMinSide: noEffect(prepared),
  bucketMaxSide: noEffect(prepared),
  bucketStep: noEffect(prepared),
  bucketUpscale: noEffect(prepared),
  horizontalFlip: translated(encodedOnce),
  colourJitter: translated(encodedOnce),
  randomCrop: translated("a crop in the middle"),
  regularisation: refused("it takes no second set of pictures; leave it out, or choose another backend"),
  triggerWord: honoured,
  captionDropout: translated("0: every picture is shown with its caption"),
  shuffleTokens: translated("captions as they are: each is encoded once"),
  keepTokens: noEffect("captions are not shuffled"),
  minSnrGamma: translated("no min-SNR: all noise levels weigh the same"),
  noiseOffset: translated("no noise offset"),
  timestepSampling: translated("its own drawing of noise levels for the family"),
  timestepShift: translated("its own drawing of noise levels for the family"),
  guidance: translated("its own default for the family"),
  mixedPrecision: honoured,
  gradientCheckpointing: honoured,
  blockSwap: translated("offloading: whole layers lie in main memory until they are needed"),
  latentCaching: honoured,
  textCaching: noEffect("captions are kept with the encoded pictures: see latentCaching"),
  saveEverySteps: translated("one file at the end: a training that is lost on the way starts again"),
  samplePrompts: honoured,
  sampleEverySteps: translated("one round of samples, drawn with the finished LoRA"),
};

/** The same for one recipe: where its value happens to be what ComfyUI does, there is nothing to tell. */
export function supportFor(recipe: Recipe): RecipeSupport {
  return {
    ...comfyUiSupport,
    ...(recipe.alpha === COMFYUI_ALPHA ? { alpha: honoured } : {}),
    ...(recipe.scheduler === "constant" ? { scheduler: honoured } : {}),
    ...(recipe.optimiser === "adamw8bit" ? { optimiser: translated("AdamW in full precision, with more memory") } : {}),
    ...(recipe.mixedPrecision === "fp16" ? { mixedPrecision: translated("bf16: it has no fp16") } : {}),
    ...(recipe.samplePrompts.length === 0 || recipe.sampleEverySteps === recipe.steps
      ? { sampleEverySteps: honoured }
      : {}),
    ...(recipe.saveEverySteps >= recipe.steps ? { saveEverySteps: honoured } : {}),
    ...(recipe.baseQuantisation === "fp8" && recipe.family !== "flux"
      ? { baseQuantisation: refused("checkpoints are loaded as they are; only flux can be cast") }
      : {}),
  };
}

import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";
import { clipG, clipL, t5xxl } from "./text-encoders.ts";

export const sd3: Family = {
  title: "Stable Diffusion 3.5 Large",
  licence: {
    name: "Stability AI Community Licence",
    page: "https://huggingface.co/stabilityai/stable-diffusion-3.5-large",
    gated: true,
  },
  sides: { step: 64, least: 512, most: 2048, usual: 1024 },
  textEncoders: [clipL, clipG, t5xxl],
  targetModules: {
    attention: "joint attention of every block",
    feedforward: "the MLPs of every block",
    modulation: "the layers that scale and shift by time",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 16,
  latentStep: 8,
  flowMatching: true,
  pair: false,
  takesGuidance: false,
  drawing: { sampler: "euler", scheduler: "sgm_uniform", steps: 28, guidance: 4.5, shift: 3 },
  network: {
    parameters: 8.1e9,
    loraParametersPerRank: 2.96e6,
    textLoraParametersPerRank: 0.903e6,
    blocks: 38,
    width: 2432,
    tokenPixels: 16,
    textTokens: 154,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["stabilityai/stable-diffusion-3.5-large", "the larger of the two; 3.5 Medium takes other LoRAs"],
    rank: [16, "enough for a subject or a style on a model of 8 billion parameters"],
    alpha: [16, "equal to the rank, so the learning rate means what it says"],
    learningRate: [1e-4, "the default of the family's trainers"],
    bucketStep: [64, "the safe step; 16 works as well"],
    timestepSampling: ["logit-normal", "how the base was trained: most of the time at middling noise"],
    timestepShift: [3, "the shift the base is drawn with at one megapixel"],
  },
};

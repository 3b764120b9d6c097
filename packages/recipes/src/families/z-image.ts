import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";

export const zImage: Family = {
  title: "Z-Image",
  licence: { name: "Apache-2.0", page: "https://huggingface.co/Tongyi-MAI/Z-Image", gated: false },
  sides: { step: 16, least: 256, most: 2048, usual: 1024 },
  textEncoders: [{ name: "Qwen3 4B", parameters: 4e9 }],
  targetModules: {
    attention: "attention of every layer",
    feedforward: "the feed-forward layers",
    modulation: "the layers that scale and shift by time",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 16,
  latentStep: 8,
  flowMatching: true,
  pair: false,
  takesGuidance: false,
  drawing: { sampler: "euler", scheduler: "simple", steps: 30, guidance: 4, shift: 3 },
  network: {
    parameters: 6e9,
    loraParametersPerRank: 2.19e6,
    textLoraParametersPerRank: 0,
    blocks: 30,
    width: 3840,
    tokenPixels: 16,
    textTokens: 512,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["Tongyi-MAI/Z-Image", "the base; its turbo is distilled and unlearns that while training"],
    rank: [32, "the trainers' default"],
    alpha: [32, "equal to the rank, so the learning rate means what it says"],
    learningRate: [1e-4, "the trainers' default"],
    bucketStep: [16, "VAE of 8 pixels and patches of two"],
    captionDropout: [0, "captions are encoded once, so none can be dropped"],
    textCaching: ["disk", "the text encoder of 4 billion parameters runs once and leaves"],
    timestepSampling: ["shift", "the family is trained towards more noise"],
    timestepShift: [2, "the trainers' default"],
  },
};

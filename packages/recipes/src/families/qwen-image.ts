import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";

export const qwenImage: Family = {
  title: "Qwen-Image",
  licence: { name: "Apache-2.0", page: "https://huggingface.co/Qwen/Qwen-Image", gated: false },
  sides: { step: 16, least: 256, most: 2048, usual: 1328 },
  textEncoders: [{ name: "Qwen2.5-VL 7B", parameters: 7.6e9 }],
  targetModules: {
    attention: "joint attention of every block",
    feedforward: "the picture's and the text's MLPs of every block",
    modulation: "the layers that scale and shift by time",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 16,
  latentStep: 8,
  flowMatching: true,
  pair: false,
  takesGuidance: false,
  drawing: { sampler: "euler", scheduler: "simple", steps: 20, guidance: 4, shift: 3.1 },
  network: {
    parameters: 20e9,
    loraParametersPerRank: 6.64e6,
    textLoraParametersPerRank: 0,
    blocks: 60,
    width: 3072,
    tokenPixels: 16,
    textTokens: 512,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["Qwen/Qwen-Image", "the original weights"],
    baseQuantisation: ["fp8", "30 GB instead of 42 at 1024 pixels"],
    rank: [16, "the trainers' default"],
    alpha: [16, "equal to the rank, so the learning rate means what it says"],
    learningRate: [5e-5, "musubi's default; 1e-4 is the fast end"],
    bucketStep: [16, "VAE of 8 pixels and patches of two"],
    captionDropout: [0, "captions are encoded once, so none can be dropped"],
    textCaching: ["disk", "the text encoder of 7 billion parameters runs once and leaves"],
    timestepSampling: ["shift", "the family is trained towards more noise"],
    timestepShift: [2.2, "the trainers' default"],
  },
};

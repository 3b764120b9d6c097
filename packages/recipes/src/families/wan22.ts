import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";

export const wan22: Family = {
  title: "Wan 2.2 14B",
  licence: { name: "Apache-2.0", page: "https://huggingface.co/Wan-AI/Wan2.2-T2V-A14B", gated: false },
  sides: { step: 16, least: 256, most: 1280, usual: 640 },
  textEncoders: [{ name: "UMT5-XXL", parameters: 5.7e9 }],
  targetModules: {
    attention: "self and cross attention of every block",
    feedforward: "the feed-forward layers of every block",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 16,
  latentStep: 8,
  flowMatching: true,
  pair: true,
  takesGuidance: false,
  drawing: { sampler: "euler", scheduler: "simple", steps: 20, guidance: 3.5, shift: 8 },
  network: {
    parameters: 14e9,
    loraParametersPerRank: 4.79e6,
    textLoraParametersPerRank: 0,
    blocks: 40,
    width: 5120,
    tokenPixels: 16,
    textTokens: 512,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["Wan-AI/Wan2.2-T2V-A14B-Diffusers", "text to video; a LoRA trained on pictures works for its videos"],
    baseQuantisation: ["fp8", "one expert in bf16 is 28 GB"],
    experts: [
      { high: {}, low: {}, boundary: 0.875 },
      "both experts, each with its own file: the high one learns motion and layout, the low one looks",
    ],
    rank: [32, "the trainers' default: 307 MB a file"],
    alpha: [32, "equal to the rank, so the learning rate means what it says"],
    learningRate: [1e-4, "1e-4 to 2e-4 is usual"],
    resolution: [640, "about 632 pixels: the area of 480p"],
    bucketMinSide: [256, "smaller ones teach nothing at this size"],
    bucketMaxSide: [1280, "the long side of 720p"],
    bucketStep: [16, "VAE of 8 pixels and patches of two"],
    timestepSampling: ["shift", "the family is trained towards more noise"],
    timestepShift: [3, "the trainers' default; drawing uses 8"],
  },
};

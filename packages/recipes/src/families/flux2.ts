import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";

export const flux2: Family = {
  title: "Flux.2 dev",
  licence: {
    name: "FLUX.2 [dev] Non-Commercial License",
    page: "https://huggingface.co/black-forest-labs/FLUX.2-dev",
    gated: true,
  },
  sides: { step: 32, least: 256, most: 2048, usual: 1024 },
  textEncoders: [{ name: "Mistral Small 3", parameters: 24e9 }],
  targetModules: {
    attention: "attention of the double and single blocks",
    feedforward: "the MLPs of the double and single blocks",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 32,
  latentStep: 8,
  flowMatching: true,
  pair: false,
  takesGuidance: true,
  drawing: { sampler: "euler", scheduler: "simple", steps: 28, guidance: 4 },
  network: {
    parameters: 32e9,
    loraParametersPerRank: 6.1e6,
    textLoraParametersPerRank: 0,
    blocks: 56,
    width: 6144,
    tokenPixels: 16,
    textTokens: 512,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["black-forest-labs/FLUX.2-dev", "the open weights of the family"],
    baseQuantisation: ["fp8", "in bf16 the weights alone are 64 GB"],
    rank: [32, "the trainers' default"],
    alpha: [32, "equal to the rank, so the learning rate means what it says"],
    learningRate: [1e-4, "the trainers' default"],
    bucketStep: [16, "VAE of 8 pixels and patches of two"],
    captionDropout: [0, "captions are encoded once, so none can be dropped"],
    textCaching: ["disk", "the text encoder is nearly as large as the model: it runs once and leaves"],
    timestepSampling: ["flux-shift", "the shift follows the area of the picture"],
    guidance: [1, "a distilled model learns best when it is told no guidance"],
  },
};

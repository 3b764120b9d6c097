import type { Family } from "./family.ts";
import { flowMatchingRecipe } from "./flow-matching.ts";
import { clipL, t5xxl } from "./text-encoders.ts";

export const flux: Family = {
  title: "Flux.1 dev",
  licence: {
    name: "FLUX.1 [dev] Non-Commercial License",
    page: "https://huggingface.co/black-forest-labs/FLUX.1-dev",
    gated: true,
  },
  sides: { step: 64, least: 256, most: 2048, usual: 1024 },
  textEncoders: [clipL, t5xxl],
  targetModules: {
    attention: "attention of the double and single blocks",
    feedforward: "the MLPs of the double and single blocks",
    modulation: "the layers that scale and shift by time",
  },
  usualTargets: ["attention", "feedforward"],
  latentChannels: 16,
  latentStep: 8,
  flowMatching: true,
  pair: false,
  takesGuidance: true,
  drawing: { sampler: "euler", scheduler: "simple", steps: 24, guidance: 3.5 },
  network: {
    parameters: 11.9e9,
    loraParametersPerRank: 3.5e6,
    textLoraParametersPerRank: 0.166e6,
    blocks: 57,
    width: 3072,
    tokenPixels: 16,
    textTokens: 512,
    swappable: 38,
  },
  highestRate: 5e-4,
  recipe: {
    ...flowMatchingRecipe,
    baseModel: ["black-forest-labs/FLUX.1-dev", "the open weights that are trained most; its LoRAs work on schnell"],
    baseQuantisation: ["fp8", "24 GB suffice; in bf16 the weights alone are 24 GB"],
    rank: [16, "4 to 64 is usual; 16 learns a subject"],
    alpha: [16, "equal to the rank, so the learning rate means what it says"],
    learningRate: [1e-4, "the default of the family's trainers; 4e-4 is the fast end"],
    bucketStep: [64, "32 is the least that is safe"],
    captionDropout: [0, "captions are encoded once, so none can be dropped"],
    textCaching: ["disk", "T5 is nearly half as large as the model: it runs once and leaves, so that 24 GB suffice"],
    emaDecay: [0.99, "evens out the last steps, which jump at batch 1"],
    timestepSampling: ["sigmoid", "most of the time at middling noise, as the trainers do"],
    guidance: [1, "a distilled model learns best when it is told no guidance"],
  },
};

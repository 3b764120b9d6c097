import type { Recipe } from "@loramill/contracts";

const common = { captionDropout: 0.05, horizontalFlip: true, seed: 1 } as const;

const sdxl = {
  ...common,
  family: "sdxl",
  baseModel: "stabilityai/stable-diffusion-xl-base-1.0",
  rank: 32,
  alpha: 16,
  learningRate: 1e-4,
  batchSize: 1,
  steps: 2000,
  resolution: 1024,
  warmupSteps: 100,
  scheduler: "cosine",
  saveEverySteps: 250,
} as const satisfies Recipe;

/**
 * Complete recipes by name; a spec overrides single fields of one. `pocket` is measured on the embedded engine, the
 * others follow the published defaults of their families' trainers.
 */
export const presets = {
  pocket: {
    family: "pocket",
    baseModel: "pocket",
    rank: 8,
    alpha: 8,
    learningRate: 1e-2,
    batchSize: 8,
    steps: 200,
    resolution: 64,
    warmupSteps: 10,
    scheduler: "linear",
    captionDropout: 0.1,
    horizontalFlip: true,
    saveEverySteps: 50,
    seed: 1,
  },
  sdxl,
  sd15: {
    ...common,
    family: "sd15",
    baseModel: "stable-diffusion-v1-5/stable-diffusion-v1-5",
    rank: 16,
    alpha: 8,
    learningRate: 1e-4,
    batchSize: 2,
    steps: 1500,
    resolution: 512,
    warmupSteps: 100,
    scheduler: "cosine",
    saveEverySteps: 250,
  },
  fast: {
    ...sdxl,
    rank: 16,
    alpha: 8,
    learningRate: 2e-4,
    steps: 800,
    resolution: 768,
    warmupSteps: 50,
    saveEverySteps: 200,
  },
  "high-quality": { ...sdxl, rank: 64, alpha: 32, learningRate: 5e-5, batchSize: 2, steps: 3000, warmupSteps: 200 },
} as const satisfies Readonly<Record<string, Recipe>>;

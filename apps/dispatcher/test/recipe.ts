import { neutralRecipe, type Recipe } from "@loramill/contracts";

/** Of trainings for which machines are planned: 1,000 steps, with a checkpoint after each 100. */
export const recipe: Recipe = {
  ...neutralRecipe,
  ...{ family: "sd15", baseModel: "some/model", rank: 16, alpha: 16, learningRate: 1e-4, optimiser: "adamw8bit" },
  ...{ scheduler: "constant", mixedPrecision: "bf16", steps: 1_000, batchSize: 1, resolution: 512 },
  ...{ saveEverySteps: 100, textEncoderLearningRate: 0, seed: 1 },
};

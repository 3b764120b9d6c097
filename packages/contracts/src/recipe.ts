import { z } from "zod";

export const ModelFamily = z.enum(["pocket", "sd15", "sdxl", "sd3", "flux", "wan22"]);
export type ModelFamily = z.output<typeof ModelFamily>;

/** All training choices. A plan holds it with every field resolved; a spec may give any part over a preset. */
export const Recipe = z.strictObject({
  family: ModelFamily.describe("Model family the LoRA is for"),
  baseModel: z.string().max(256).describe("Id of the base model; `pocket` for the embedded one"),
  rank: z.int().min(1).max(128).describe("Inner dimension of the LoRA matrices"),
  alpha: z.number().positive().max(1024).describe("Scale: the update is multiplied by alpha / rank"),
  learningRate: z.number().positive().max(1).describe("Peak learning rate"),
  batchSize: z.int().min(1).max(64).describe("Images per optimiser step"),
  steps: z.int().min(1).max(1_000_000).describe("Optimiser steps"),
  resolution: z
    .int()
    .min(32)
    .max(4096)
    .describe("Side of the square training picture, or of the bucket area, in pixels"),
  warmupSteps: z.int().min(0).max(100_000).describe("Steps of linear warm-up"),
  scheduler: z.enum(["constant", "linear", "cosine"]).describe("How the learning rate falls after the warm-up"),
  captionDropout: z.number().min(0).max(1).describe("Share of steps that see an empty caption"),
  horizontalFlip: z.boolean().describe("Mirror half of the pictures; wrong for text and asymmetric subjects"),
  saveEverySteps: z.int().min(1).max(100_000).describe("Steps between two committed checkpoints"),
  seed: z.int().min(0).max(4_294_967_295).describe("Seed of everything random in the training"),
});
export type Recipe = z.output<typeof Recipe>;

/** What a spec may say about the recipe: any field; `epochs` instead of `steps`. */
export const RecipeOverrides = Recipe.partial().extend({
  epochs: z.int().min(1).max(10_000).optional().describe("Passes over the dataset, instead of steps"),
});
export type RecipeOverrides = z.output<typeof RecipeOverrides>;

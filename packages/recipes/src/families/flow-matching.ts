import type { Choices } from "../choice.ts";

/** What the large transformers trained by flow matching have in common. */
export const flowMatchingRecipe = {
  batchSize: [1, "larger ones rarely fit beside a transformer of this size"],
  steps: [2000, "500 to 4,000 is usual; 20 pictures are seen 100 times"],
  resolution: [1024, "about one megapixel is what the base draws at"],
  buckets: [true, "pictures keep their shape, nothing is cut off"],
  bucketMinSide: [256, "smaller ones teach nothing at this size"],
  bucketMaxSide: [2048, "shapes of up to 4 : 1 at one megapixel"],
  bucketUpscale: [false, "enlarged pictures teach the blur of enlarging"],
  scheduler: ["constant", "what the family's trainers start from"],
  optimiser: ["adamw8bit", "as good as AdamW, with a quarter of its state"],
  mixedPrecision: ["bf16", "the range of fp32; fp16 overflows in these transformers"],
  gradientCheckpointing: [true, "without it the activations alone fill a card"],
  captionDropout: [0.05, "the default of the family's trainers"],
  latentCaching: ["disk", "the VAE runs once per picture instead of once per step"],
  textCaching: ["none", "captions that are dropped now and then cannot be encoded once for all"],
  saveEverySteps: [250, "some checkpoints to choose from, and little to lose"],
  seed: [1, "any number; the same one gives the same order of pictures"],
} as const satisfies Choices;

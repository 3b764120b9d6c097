import {
  neutralRecipe,
  type Recipe,
  Recipe as RecipeSchema,
  type RecipeTemplate,
  recipeFields,
} from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import * as fc from "fast-check";

/** A preset for 500 steps, with some fields changed. */
export function recipeOf(preset: Partial<RecipeTemplate>, changes: Partial<Recipe> = {}): Recipe {
  const { epochs: _epochs, ...fields } = { ...presets.sdxl, ...preset };
  return RecipeSchema.parse({ ...fields, steps: 500, ...changes });
}

/** What every trainer takes. */
export const plain = recipeOf(neutralRecipe, { scheduler: "constant", mixedPrecision: "bf16" });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const side = fc.integer({ min: 1, max: 32 }).map((eights) => eights * 64);
const cache = fc.constantFrom("none" as const, "memory" as const, "disk" as const);
const regularisation = { dataset: "a".repeat(64), weight: 0.5, repeats: 2 };

/** Values for every field that a trainer could render; what is left out stays as the preset has it. */
const values: { readonly [Field in keyof Recipe]?: fc.Arbitrary<Recipe[Field]> } = {
  family: fc.constantFrom("sd15", "sdxl", "sd3", "flux", "flux2", "qwen-image", "z-image"),
  baseModel: fc.constantFrom("some/model", "/models/own.safetensors"),
  baseQuantisation: fc.constantFrom("none", "int8", "fp8", "nf4"),
  rank: fc.integer({ min: 1, max: 128 }),
  alpha: fc.double({ min: 0.01, max: 1024, noNaN: true }),
  convRank: fc.integer({ min: 0, max: 128 }),
  convAlpha: fc.double({ min: 0, max: 1024, noNaN: true }),
  networkDropout: share,
  rankDropout: share,
  moduleDropout: share,
  learningRate: fc.double({ min: 1e-7, max: 1, noNaN: true }),
  trainTextEncoder: fc.boolean(),
  textEncoderLearningRate: share,
  optimiser: fc.constantFrom("adamw", "adamw8bit", "adafactor", "prodigy", "lion", "lion8bit"),
  optimiserArgs: fc.constantFrom({}, { weight_decay: 0.01, decouple: true, mode: "a" }),
  scheduler: fc.constantFrom("constant", "linear", "cosine", "cosine-restarts", "polynomial"),
  schedulerCycles: fc.integer({ min: 1, max: 1000 }),
  schedulerPower: fc.double({ min: 0.01, max: 10, noNaN: true }),
  warmupSteps: fc.integer({ min: 0, max: 100_000 }),
  emaDecay: fc.double({ min: 0, max: 0.99999, noNaN: true }),
  steps: fc.integer({ min: 1, max: 1_000_000 }),
  batchSize: fc.integer({ min: 1, max: 64 }),
  gradientAccumulation: fc.integer({ min: 1, max: 1024 }),
  repeats: fc.integer({ min: 1, max: 500 }),
  gpus: fc.integer({ min: 1, max: 8 }),
  seed: fc.integer({ min: 0, max: 4_294_967_295 }),
  resolution: fc.oneof(side, fc.integer({ min: 32, max: 4096 })),
  buckets: fc.boolean(),
  bucketUpscale: fc.boolean(),
  horizontalFlip: fc.boolean(),
  colourJitter: fc.boolean(),
  randomCrop: fc.boolean(),
  regularisation: fc.constantFrom(null, regularisation),
  captionDropout: share,
  shuffleTokens: fc.boolean(),
  keepTokens: fc.integer({ min: 0, max: 255 }),
  minSnrGamma: fc.double({ min: 0, max: 100, noNaN: true }),
  noiseOffset: share,
  timestepSampling: fc.constantFrom("uniform", "sigmoid", "logit-normal", "shift", "flux-shift"),
  timestepShift: fc.double({ min: 0.01, max: 100, noNaN: true }),
  guidance: fc.double({ min: 0, max: 100, noNaN: true }),
  mixedPrecision: fc.constantFrom("fp32", "fp16", "bf16"),
  gradientCheckpointing: fc.boolean(),
  blockSwap: fc.integer({ min: 0, max: 100 }),
  latentCaching: cache,
  textCaching: cache,
  saveEverySteps: fc.integer({ min: 1, max: 100_000 }),
  samplePrompts: fc.array(fc.string({ minLength: 1, maxLength: 40 }), { maxLength: 3 }),
  sampleEverySteps: fc.integer({ min: 0, max: 1000 }),
};

/** A valid recipe that changes a handful of fields: with all of them at once, hardly one would be trainable anywhere. */
export const anyRecipe: fc.Arbitrary<Recipe> = fc
  .tuple(fc.record(values as Record<string, fc.Arbitrary<unknown>>), fc.subarray(Object.keys(values), { maxLength: 8 }))
  .map(([drawn, fields]) =>
    RecipeSchema.parse({ ...plain, ...Object.fromEntries(fields.map((field) => [field, drawn[field]])) }),
  );

/** Each value of a choice, or a few of a range, alone in an otherwise plain recipe. */
export const oddRecipes: readonly Recipe[] = recipeFields.flatMap((field) => {
  const value = values[field];
  if (value === undefined) return [];
  const drawn = fc.sample(value as fc.Arbitrary<unknown>, { numRuns: 12, seed: 1 });
  return drawn.map((one) => RecipeSchema.parse({ ...plain, [field]: one }));
});

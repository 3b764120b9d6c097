import { z } from "zod";
import { type FieldInput, inputOf } from "./field-input.ts";
import { describeRange } from "./field-range.ts";
import { Name } from "./name.ts";
import { ExpertPair, recipeGroups } from "./recipe-fields.ts";

const { base, network, rates, length, pictures, captions, noise, memory, saving } = recipeGroups;
const fields = {
  ...base,
  ...network,
  ...rates,
  ...length,
  ...pictures,
  ...captions,
  ...noise,
  ...memory,
  ...saving,
};

/** All training choices. A plan holds it with every field resolved; a spec may give any part over a preset. */
export const Recipe = z.strictObject(fields);
export type Recipe = z.output<typeof Recipe>;
export type RecipeField = keyof Recipe;

export const recipeFields = Object.keys(fields) as readonly RecipeField[];

/** What a field takes, in words, such as `1 to 128`; undefined where words do not help. */
export const rangeOf = (field: RecipeField): string | undefined => describeRange(fields[field]);

const epochs = z.int().min(1).max(10_000).meta({
  title: "Passes over the dataset, instead of steps",
  description: "Passes over the dataset, instead of steps; 1 to 10000",
});

/** What a field is, what it is counted in and what it takes, for explanations; null where there is nothing to say. */
export function describeField(field: RecipeField | "epochs") {
  const schema = field === "epochs" ? epochs : fields[field];
  const { title, unit } = schema.meta() ?? {};
  return {
    meaning: title ?? "",
    unit: typeof unit === "string" ? unit : null,
    range: describeRange(schema) ?? null,
  };
}

/** How a form asks for a field. */
export const inputOfField = (field: RecipeField | "epochs"): FieldInput =>
  inputOf(field === "epochs" ? epochs : fields[field]);

/**
 * A complete recipe that does not know its dataset yet, as presets and saved recipes are: exactly one of `steps` and
 * `epochs`, the rest as in `Recipe`.
 */
export const RecipeTemplate = Recipe.extend({ steps: fields.steps.optional(), epochs: epochs.optional() }).refine(
  (template) => (template.steps === undefined) !== (template.epochs === undefined),
  { path: ["steps"], message: "give exactly one of steps and epochs" },
);
export type RecipeTemplate = z.output<typeof RecipeTemplate>;

/** What a spec may say about the recipe: any field; `epochs` instead of `steps`; single parts of `experts`. */
export const RecipeOverrides = Recipe.partial().extend({
  epochs: epochs.optional(),
  experts: ExpertPair.partial()
    .nullable()
    .optional()
    .describe(fields.experts.description ?? ""),
});
export type RecipeOverrides = z.output<typeof RecipeOverrides>;

/** A recipe as people share it: a YAML or JSON file, or a row of the catalog. */
export const RecipeFile = z.strictObject({
  format: z.literal("loramill-recipe/1"),
  name: Name,
  description: z.string().max(2000).default(""),
  recipe: RecipeTemplate,
});
export type RecipeFile = z.output<typeof RecipeFile>;

/**
 * What a recipe means that does not name a field: nothing is changed, cached, dropped or saved beyond what every training
 * does. A backend that cannot honour a field still takes this value of it.
 */
export const neutralRecipe = {
  baseQuantisation: "none",
  experts: null,
  convRank: 0,
  convAlpha: 0,
  targetModules: [],
  networkDropout: 0,
  rankDropout: 0,
  moduleDropout: 0,
  trainTextEncoder: false,
  textEncoderLearningRate: 0,
  optimiser: "adamw",
  optimiserArgs: {},
  schedulerCycles: 1,
  schedulerPower: 1,
  warmupSteps: 0,
  emaDecay: 0,
  gradientAccumulation: 1,
  repeats: 1,
  gpus: 1,
  buckets: false,
  bucketMinSide: 256,
  bucketMaxSide: 1024,
  bucketStep: 64,
  bucketUpscale: true,
  horizontalFlip: false,
  colourJitter: false,
  randomCrop: false,
  regularisation: null,
  triggerWord: null,
  captionDropout: 0,
  shuffleTokens: false,
  keepTokens: 0,
  minSnrGamma: 0,
  noiseOffset: 0,
  timestepSampling: "uniform",
  timestepShift: 1,
  guidance: 0,
  mixedPrecision: "fp32",
  gradientCheckpointing: false,
  blockSwap: 0,
  latentCaching: "none",
  textCaching: "none",
  samplePrompts: [],
  sampleEverySteps: 0,
} satisfies Partial<Recipe>;

/** A recipe that was written down before some fields existed, read as it was meant then. */
export const StoredRecipe = z.preprocess(
  (value) => (typeof value === "object" && value !== null ? { ...neutralRecipe, ...value } : value),
  Recipe,
);

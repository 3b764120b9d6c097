import { z } from "zod";
import type { Json } from "./digest.ts";
import { Name } from "./name.ts";
import { RecipeTemplate } from "./recipe.ts";
import { ModelFamily } from "./recipe-fields.ts";

/** A recipe that somebody saved. */
export const RecipeView = z.object({
  name: Name,
  description: z.string(),
  recipe: RecipeTemplate,
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type RecipeView = z.output<typeof RecipeView>;

export const RecipeList = z.object({ items: z.array(RecipeView) });

/** A recipe to start from, which comes with the product. */
export const PresetView = z.object({
  name: z.string(),
  summary: z.string().describe("For whom it is, in one line"),
  recipe: RecipeTemplate,
});
export type PresetView = z.output<typeof PresetView>;

export const PresetList = z.object({ items: z.array(PresetView) });

export const RecipeExplanationRequest = z.strictObject({
  recipe: RecipeTemplate,
  preset: z.string().max(64).optional().describe("Preset that it is, unchanged: whose reasons are given"),
});
export type RecipeExplanationRequestInput = z.input<typeof RecipeExplanationRequest>;

/** A recipe field by field, and what is impossible or unwise about it whatever the backend. */
export const RecipeExplanation = z.object({
  fields: z.array(
    z.object({
      group: z.string().describe("Heading under which it is read, such as network"),
      field: z.string().describe("Its name in the recipe; epochs where that has no steps"),
      value: z.json() as z.ZodType<Json>,
      unit: z.string().nullable(),
      range: z.string().nullable().describe("What it takes, in words"),
      meaning: z.string(),
      why: z.string().describe("Why it has this value"),
    }),
  ),
  issues: z.array(
    z.object({
      field: z.string(),
      severity: z.enum(["error", "warning"]).describe("With an error it cannot be trained"),
      message: z.string(),
    }),
  ),
});
export type RecipeExplanation = z.output<typeof RecipeExplanation>;

const Range = z.object({ p50: z.number().min(0), p90: z.number().min(0) });

/** How the model's estimates for a family on a GPU type compare with trainings that have ended there. */
export const EstimateCalibration = z.object({
  family: ModelFamily,
  /** The provider's id of the GPU type. */
  gpu: z.string(),
  trainings: z.int().min(1),
  /** Taken ÷ estimated. */
  ratio: Range,
  /** Median of how far the estimates were off, as a share of what was taken. */
  medianError: z.number().min(0),
});
export type EstimateCalibration = z.output<typeof EstimateCalibration>;

export const EstimateCalibrations = z.object({ items: z.array(EstimateCalibration) });

/** What is written under a name. */
export const RecipeBody = z.strictObject({
  description: z.string().max(2000).default(""),
  recipe: RecipeTemplate,
});
export type RecipeBodyInput = z.input<typeof RecipeBody>;

export const ProjectQuery = z.object({ project: Name.default("default") });

import { z } from "zod";
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

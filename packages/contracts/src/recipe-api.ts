import { z } from "zod";
import { Name } from "./name.ts";
import { RecipeTemplate } from "./recipe.ts";

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

/** What is written under a name. */
export const RecipeBody = z.strictObject({
  description: z.string().max(2000).default(""),
  recipe: RecipeTemplate,
});
export type RecipeBodyInput = z.input<typeof RecipeBody>;

export const ProjectQuery = z.object({ project: Name.default("default") });

import { nearNames, type RecipeTemplate, UserError } from "@loramill/contracts";
import { presetList } from "@loramill/recipes";
import type { CommandContext } from "./commands/context.ts";
import { withConnection } from "./connect.ts";
import { isRecipeFileName, readRecipe } from "./read-recipe.ts";

export interface FoundRecipe {
  readonly name: string;
  readonly description: string;
  readonly template: RecipeTemplate;
  /** Name of the preset it is, if it is one. */
  readonly preset?: string;
}

/** What an argument names: a preset or a file, which need no server, else a saved recipe of the API. */
export async function findRecipe(
  argument: string,
  options: { readonly project?: string },
  context: CommandContext,
): Promise<FoundRecipe> {
  const preset = presetList.find(({ name }) => name === argument);
  if (preset !== undefined) {
    const { name, summary, template } = preset;
    return { name, description: summary, template, preset: name };
  }
  if (isRecipeFileName(argument)) {
    const { name, description, recipe } = readRecipe(argument);
    return { name, description, template: recipe };
  }
  return withConnection(context, async ({ client }) => {
    const { items } = await client.recipes.list(options);
    const saved = items.find(({ name }) => name === argument);
    if (saved !== undefined) return { name: argument, description: saved.description, template: saved.recipe };
    const names = [...presetList, ...items].map(({ name }) => name);
    const near = nearNames(argument, names);
    const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `known: ${names.join(", ")}`;
    throw new UserError(`there is no preset and no saved recipe "${argument}"; ${hint}`, { code: "unknown-preset" });
  });
}

import { writeFile } from "node:fs/promises";
import { RecipeFile } from "@loramill/contracts";
import { checkRecipeName, readRecipeFile } from "@loramill/recipes";
import { stringify as toYaml } from "yaml";
import { changeFields } from "../change-fields.ts";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { findRecipe } from "../find-recipe.ts";
import { formatTable, shortTime } from "../format.ts";
import { readRecipe } from "../read-recipe.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

/** Saved recipes: kept by the API under a name, carried about as files. */

export interface OfProject {
  readonly project?: string;
}

export interface SaveRecipeOptions extends OfProject {
  readonly set?: readonly string[];
  readonly description?: string;
}

/** Saves a preset, a file or a saved recipe under a name of one's own, with fields changed. */
export async function saveRecipeCommand(
  name: string,
  from: string,
  { set = [], description, ...ofProject }: SaveRecipeOptions,
  context: CommandContext,
): Promise<number> {
  checkRecipeName(name);
  const found = await findRecipe(from, ofProject, context);
  const recipe = changeFields(found.template, set);
  const file = readRecipeFile(
    { format: "loramill-recipe/1", name, description: description ?? found.description, recipe },
    name,
  );
  return save(file, ofProject, context);
}

export async function importRecipeCommand(
  path: string,
  { name, ...ofProject }: OfProject & { name?: string },
  context: CommandContext,
): Promise<number> {
  const file = readRecipe(path);
  return save({ ...file, name: name ?? file.name }, ofProject, context);
}

async function save(file: RecipeFile, ofProject: OfProject, context: CommandContext): Promise<number> {
  checkRecipeName(file.name);
  return withConnection(context, async ({ client }) => {
    const { name, description, recipe } = file;
    const view = await client.recipes.save(name, { description, recipe }, ofProject);
    if (context.json) printJson(context, view);
    else printLine(context, `saved ${view.name}; a spec takes it as train.preset: ${view.name}`);
    return exitCodes.ok;
  });
}

export async function listRecipesCommand(options: OfProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const { items } = await client.recipes.list(options);
    if (context.json) printJson(context, items);
    else if (items.length === 0) printLine(context, "none yet; save one with `loramill train recipe save NAME sdxl`");
    else {
      const rows = items.map(({ name, recipe, updatedAt, description }) => [
        name,
        recipe.family,
        `${recipe.resolution}`,
        `${recipe.rank}`,
        shortTime(updatedAt),
        description,
      ]);
      printLine(context, formatTable(["recipe", "family", "pixels", "rank", "saved (UTC)", "for"], rows));
    }
    return exitCodes.ok;
  });
}

/** As the file that `import` takes: on the screen, or in a file. */
export async function exportRecipeCommand(
  argument: string,
  { output, ...ofProject }: OfProject & { output?: string },
  context: CommandContext,
): Promise<number> {
  const { name, description, template } = await findRecipe(argument, ofProject, context);
  const file = RecipeFile.parse({ format: "loramill-recipe/1", name, description, recipe: template });
  const isJson = context.json || output?.toLowerCase().endsWith(".json") === true;
  const text = isJson ? `${JSON.stringify(file, null, 2)}\n` : toYaml(file);
  if (output === undefined) context.out.write(text);
  else {
    await writeFile(output, text);
    printLine(context, context.json ? JSON.stringify({ output }) : output);
  }
  return exitCodes.ok;
}

export async function deleteRecipeCommand(name: string, options: OfProject, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const view = await client.recipes.remove(name, options);
    if (context.json) printJson(context, view);
    else printLine(context, `deleted ${view.name}; runs that used it keep their copy`);
    return exitCodes.ok;
  });
}

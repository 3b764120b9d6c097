import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { type RecipeFile, UserError } from "@loramill/contracts";
import { readRecipeFile } from "@loramill/recipes";
import { parse as parseYaml } from "yaml";

/** A recipe is a file where its name says so; anything else names a preset or a saved recipe. */
export const isRecipeFileName = (name: string): boolean => /\.(ya?ml|json)$/i.test(name);

/** A shared recipe from a YAML or JSON file. UserError `recipe-not-found` or `bad-recipe`. */
export function readRecipe(path: string): RecipeFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${path}: there is no such recipe file`, { code: "recipe-not-found", cause: error });
  }
  return readRecipeFile(parse(text, path), path);
}

function parse(text: string, path: string): unknown {
  try {
    return extname(path).toLowerCase() === ".json" ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path}: not a recipe: ${why}`, { code: "bad-recipe", cause: error });
  }
}

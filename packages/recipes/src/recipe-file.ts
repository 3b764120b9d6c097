import { neutralRecipe, RecipeFile, specProblems, UserError } from "@loramill/contracts";
import { presetList } from "./presets/index.ts";

/**
 * Reads a shared recipe: what a YAML or JSON file holds. Fields that are missing keep their neutral value, so that a file
 * of an older version is understood. Throws UserError `bad-recipe` naming each wrong field, what it takes, and near names.
 */
export function readRecipeFile(value: unknown, from: string): RecipeFile {
  const parsed = RecipeFile.safeParse(complete(value));
  if (parsed.success) return parsed.data;
  const problems = specProblems(parsed.error.issues).map(({ field, message }) => `${field || "file"}: ${message}`);
  throw new UserError(`${from}: not a recipe:\n  ${problems.join("\n  ")}`, {
    code: "bad-recipe",
    details: { problems },
  });
}

/** Refuses the name of a preset, which must mean the same everywhere. UserError `preset-name`. */
export function checkRecipeName(name: string): void {
  if (!presetList.some((preset) => preset.name === name)) return;
  throw new UserError(`${name} is the name of a preset: give the recipe another name, such as "my ${name}"`, {
    code: "preset-name",
    details: { field: "name" },
  });
}

function complete(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("recipe" in value)) return value;
  const { recipe } = value;
  if (typeof recipe !== "object" || recipe === null) return value;
  return { ...value, recipe: { ...neutralRecipe, ...recipe } };
}

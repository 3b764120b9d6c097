export { checkRecipe } from "./check-recipe.ts";
export { type ExplainedField, explainRecipe } from "./explain-recipe.ts";
export { resolvePlacement } from "./places/resolve-placement.ts";
export { type PresetName, presetList, presets } from "./presets/index.ts";
export { checkRecipeName, readRecipeFile } from "./recipe-file.ts";
export { supportIssues } from "./support-issues.ts";

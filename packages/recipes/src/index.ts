export { checkRecipe } from "./check-recipe.ts";
export { type PresetName, presetList, presets } from "./presets/index.ts";
export { supportIssues } from "./support-issues.ts";

import type { PocketEngine, Recipe, RecipeIssue } from "@loramill/contracts";
import { supportIssues } from "@loramill/recipes";
import { pocketSupport } from "./pocket-support.ts";

/** Largest side in pixels at which the embedded model still draws whole pictures. */
export const MAX_SIDE_PIXELS = 128;

/** What the embedded engine cannot train, and what to change. */
export function pocketIssues(recipe: Recipe, model: PocketEngine["model"]): RecipeIssue[] {
  const issues: RecipeIssue[] = [];
  const error = (field: RecipeIssue["field"], message: string) => issues.push({ field, severity: "error", message });
  if (recipe.family !== "pocket") {
    error(
      "family",
      `the pocket engine trains LoRAs of the family pocket, not ${recipe.family}; choose the preset pocket`,
    );
  } else if (recipe.baseModel !== "pocket" && recipe.baseModel !== model.id) {
    error("baseModel", `the pocket engine has one base model, ${model.id}; write baseModel: pocket`);
  }
  if (recipe.resolution % model.sideStep !== 0 || recipe.resolution > MAX_SIDE_PIXELS) {
    error(
      "resolution",
      `${recipe.resolution} px cannot be trained; take a multiple of ${model.sideStep} up to ${MAX_SIDE_PIXELS}, best ${model.side}`,
    );
  }
  if (recipe.rank > 64)
    error("rank", `rank ${recipe.rank} is more than the pocket engine takes; 8 is enough, 64 the most`);
  return [...issues, ...supportIssues("pocket", recipe, pocketSupport)];
}

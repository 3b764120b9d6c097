import type { Recipe, RecipeIssue } from "@loramill/contracts";
import { supportIssues } from "@loramill/recipes";
import { replicateSupport } from "./replicate-support.ts";
import type { ReplicateTrainingOptions } from "./replicate-training-options.ts";

/** What such a trainer cannot do, and what to change. */
export function replicateIssues(
  recipe: Recipe,
  { family, baseModel, trainer }: Pick<ReplicateTrainingOptions, "family" | "baseModel" | "trainer">,
): RecipeIssue[] {
  if (recipe.family !== family) {
    const message = `Replicate's ${trainer} trains LoRAs of the family ${family}, not ${recipe.family}`;
    return [{ field: "family", severity: "error", message }];
  }
  const issues = supportIssues("replicate", recipe, replicateSupport);
  if (recipe.baseModel !== baseModel) {
    const message = `Replicate's ${trainer} has one base model, ${baseModel}, not ${recipe.baseModel}`;
    issues.push({ field: "baseModel", severity: "error", message });
  }
  return issues.filter(({ field }) => field !== "alpha" || recipe.alpha !== recipe.rank);
}

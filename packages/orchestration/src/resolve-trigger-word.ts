import type { CaptionSpec, Recipe } from "@loramill/contracts";
import { cleanTriggerWord } from "./plan-caption.ts";
import { refuse } from "./refuse.ts";

/** The one trigger word of a run: that of its captions, or of its recipe. Refuses two different ones. */
export function resolveTriggerWord(caption: CaptionSpec | undefined, recipe: Recipe | undefined): string | null {
  const ofCaptions = cleanTriggerWord(caption);
  const ofRecipe = recipe?.triggerWord ?? null;
  if (ofCaptions !== null && ofRecipe !== null && ofCaptions !== ofRecipe) {
    refuse({
      code: "two-trigger-words",
      field: "train.recipe.triggerWord",
      problem: `the recipe says "${ofRecipe}" and caption.triggerWord says "${ofCaptions}"`,
      given: ofRecipe,
      likely: "give one of them: the LoRA would answer to a word that no caption has",
    });
  }
  return ofCaptions ?? ofRecipe;
}

import type { TasteContext, TasteModel } from "../taste.ts";
import { noTaste } from "../taste.ts";
import { marginOf, probabilityOf } from "./calibrator.ts";
import type { Random } from "./draw-normal.ts";
import type { Learned } from "./learned.ts";
import { contextOf, placeOf } from "./observation.ts";
import type { Arm } from "./rating.ts";

/** What ratings say, as a model of taste: the same answer at each question. */
export function learnedTaste(learned: Learned): TasteModel {
  return {
    score: ({ lora, family, subject }) => {
      const { mean, observations } = learned.loras.believe(placeOf(lora, { family, subject }));
      return { mean, observations };
    },
  };
}

/**
 * One draw from what ratings allow (Thompson 1933): a LoRA of which little is known is sometimes thought much of, and is
 * tried. Within one draw the same question has the same answer.
 */
function drawnTaste(learned: Learned, random: Random): TasteModel {
  const drawing = learned.loras.draw(random, learned.settings.daring);
  return {
    score: ({ lora, family, subject }) => {
      const path = placeOf(lora, { family, subject });
      return { mean: drawing(path), observations: learned.loras.believe(path).observations };
    },
  };
}

/**
 * The taste to choose by, once for each choice, and which arm it is: a share of the choices is made without what was
 * learned, so that what learning brings is measured and not believed.
 */
export function tasteToChooseBy(learned: Learned, random: Random): { readonly arm: Arm; readonly taste: TasteModel } {
  if (random() < learned.settings.holdoutShare) return { arm: "holdout", taste: noTaste };
  return { arm: "learned", taste: drawnTaste(learned, random) };
}

/** Probability that a person who has not been asked gives four stars or five, 0 to 1. */
export function likelyLiked(learned: Learned, { lora, family, subject }: TasteContext): number {
  const belief = learned.loras.believe(placeOf(lora, { family, subject }));
  const difficulty = learned.adjustments.difficulty.get(contextOf(family, subject)) ?? 0;
  return probabilityOf(learned.calibrator, marginOf(belief, difficulty));
}

import type { Recipe } from "@loramill/contracts";

/** Timestep, 0 to 1, at which its text-to-video model of Wan 2.2 changes over. */
export const WAN_BOUNDARY = 0.875;

type ExpertSettings = Pick<Recipe, "rank" | "alpha" | "learningRate" | "steps">;

/** What each trained expert is trained with, high noise first; of a model of one network, what the recipe says. */
export function expertSettings({ rank, alpha, learningRate, steps, experts }: Recipe): ExpertSettings[] {
  const usual = { rank, alpha, learningRate, steps };
  if (experts === null) return [usual];
  return [experts.high, experts.low].flatMap((changes) => (changes === null ? [] : [{ ...usual, ...changes }]));
}

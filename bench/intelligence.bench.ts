import { type Attack, heldOut, simulateTaste } from "@loramill/intelligence/testing";
import { type Bench, median } from "./harness.ts";

const SEEDS = Array.from({ length: 20 }, (_, at) => at + 1);
const HELD_OUT = 20_000;
const ATTACKS: readonly Attack[] = ["invert", "extreme", "push"];

/**
 * Learning from 500 ratings of a hidden taste, over 20 seeds (docs/learning.md says what it assumes): the learner's regret
 * by that of choosing the most popular (`regretRatio`), how far probabilities of being liked lie from what 20,000 strangers
 * say of any LoRA (`calibrationError`), and how much a tenth of hostile ratings raises regret under the worst of three
 * attacks (`hostileRise`). Medians of each seed's own figure.
 */
export const bench: Bench = {
  name: "intelligence",
  run: async () => {
    const honest = SEEDS.map((seed) => simulateTaste({ seed }));
    const rises = ATTACKS.map((attack) =>
      median(SEEDS.map((seed, at) => simulateTaste({ seed, attack }).regret / (honest[at]?.regret ?? Number.NaN) - 1)),
    );
    const errors = honest.map((outcome, at) => heldOut(outcome, HELD_OUT, SEEDS[at] ?? 0).error ?? Number.NaN);
    return {
      regretRatio: median(honest.map(({ regret, popularityRegret }) => regret / popularityRegret)),
      calibrationError: median(errors),
      hostileRise: Math.max(...rises),
    };
  },
};

import { expect, test } from "vitest";
import { heldOut, simulateTaste } from "../../test/simulate-taste.ts";

const SEEDS = [101, 102, 103, 104, 105];
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Fewer seeds than the bench, of other worlds, that learn less often, with bounds that leave room for that. */
test("500 ratings of a hidden taste halve the regret of popularity, state fair odds, and withstand hostile ones", () => {
  const honest = SEEDS.map((seed) => simulateTaste({ seed, learnEvery: 10 }));
  expect(median(honest.map(({ regret, popularityRegret }) => regret / popularityRegret))).toBeLessThan(0.5);
  expect(median(honest.map((outcome, at) => heldOut(outcome, 4_000, at).error ?? 1))).toBeLessThan(0.07);
  const rises = honest.map(
    ({ regret }, at) => simulateTaste({ seed: SEEDS[at] ?? 0, learnEvery: 10, attack: "invert" }).regret / regret,
  );
  expect(median(rises)).toBeLessThan(1.25);
});

test("a simulation is the same each time", () => {
  const run = () => simulateTaste({ seed: 4, ratings: 60 });
  expect(run().events).toEqual(run().events);
});

import { expect, test } from "vitest";
import { quickSettings } from "../test/fixtures.ts";
import { learningRateAt } from "./learning-rate.ts";

const settings = { ...quickSettings, learningRate: 1, steps: 100, warmupSteps: 10 };
const at = (scheduler: typeof settings.scheduler, step: number) => learningRateAt(step, { ...settings, scheduler });

test("the learning rate rises over the warm-up", () => {
  expect([0, 4, 9, 10].map((step) => at("linear", step))).toEqual([0.1, 0.5, 1, 1]);
  expect(learningRateAt(0, { ...settings, warmupSteps: 0 })).toBe(1);
});

test("the learning rate stays or falls as the scheduler says", () => {
  expect(at("constant", 99)).toBe(1);
  expect(at("linear", 50)).toBe(1);
  expect(at("linear", 75)).toBeCloseTo(0.525);
  expect(at("linear", 99)).toBeCloseTo(0.069);
  expect(at("cosine", 50)).toBeCloseTo(0.5);
  expect(at("cosine", 99)).toBeLessThan(0.001);
});

import type { QuoteStep } from "@loramill/contracts";
import { expect, it } from "vitest";
import { describeDiff, sayDifference } from "./describe-diff.ts";
import { plan } from "./plan.ts";
import { planContext, runSpec } from "./testing/fixtures.ts";

const lockOf = (over: Parameters<typeof runSpec>[0] = {}) => plan(runSpec(over), planContext()).lock;
const priced = (name: string, microUsd: number, cache: QuoteStep["cache"] = "miss"): QuoteStep => ({
  ...{ name, kind: "train", cache, items: 1, expectedMicroUsd: microUsd, parts: [], reason: "" },
  seconds: { p50: 10, p90: 20 },
  costMicroUsd: { p50: microUsd, p90: 2 * microUsd },
});
const price = { steps: [priced("train", 100), priced("generate", 5), priced("caption", 0, "reused")] };

it("says each difference in words, and what it makes anew with what follows from it", () => {
  const answer = describeDiff(lockOf(), lockOf({ train: { recipe: { rank: 32 } } }), price);
  expect(answer.same).toBe(false);
  expect(answer.steps).toMatchObject([
    {
      sentence: "train: recipe.rank is 32 instead of 8",
      makesAnew: ["train", "generate"],
      costMicroUsd: { p50: 105, p90: 210 },
    },
    {
      sentence: "generate is done again, because what it is made of differs",
      makesAnew: ["generate"],
      costMicroUsd: { p50: 5 },
    },
  ]);
  expect(answer, "what two differences make anew is counted once").toMatchObject({
    costMicroUsd: { p50: 105, p90: 210 },
  });
});

it("calls plans the same that make nothing anew, whatever differs about the run", () => {
  expect(describeDiff(lockOf(), lockOf({ priority: 2 }), price)).toMatchObject({
    ...{ same: true, steps: [], costMicroUsd: { p50: 0, p90: 0 } },
    run: [{ path: "priority", from: 5, to: 2 }],
  });
  const fewer = describeDiff(lockOf(), lockOf({ generate: undefined }), price);
  expect(fewer).toMatchObject({ same: true, steps: [{ sentence: "generate is no longer done", makesAnew: [] }] });
});

it("has words for what came, went, and is too long to be told", () => {
  expect(sayDifference({ path: "recipe.seed", to: 3 })).toBe("recipe.seed is given: 3");
  expect(sayDifference({ path: "recipe.seed", from: 3 })).toBe("recipe.seed is left out (it was 3)");
  expect(sayDifference({ path: "content", from: "a", to: "b" })).toBe("the sources hold other pictures");
  expect(sayDifference({ path: "grid", from: "a".repeat(64), to: "b".repeat(64) })).toContain(
    "is bbbbbbbbbbbb instead",
  );
  expect(sayDifference({ path: "prompts", from: "x", to: "y".repeat(200) }).length).toBeLessThan(100);
});

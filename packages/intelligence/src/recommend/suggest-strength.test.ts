import { describe, expect, it } from "vitest";
import { cosine } from "./cosine.ts";
import { fitsBudget, shareBudget, suggestStrength } from "./suggest-strength.ts";

describe("suggestStrength", () => {
  it("waits for three ratings of a strength, and keeps within 0 to 2", () => {
    const facts = { bestStrength: { strength: 1.2, ratings: 2 }, usualStrength: 3 };
    expect(suggestStrength(facts)).toMatchObject({ value: 2, source: "metadata" });
    expect(suggestStrength({ ...facts, bestStrength: { strength: 1.2, ratings: 3 } })).toMatchObject({
      value: 1.2,
      source: "ratings",
    });
    expect(suggestStrength(facts, 0)).toMatchObject({ value: 0, source: "given" });
  });
});

describe("shareBudget", () => {
  const usual = suggestStrength(null);
  it("leaves strengths alone that fit, and scales the others by one factor", () => {
    expect(shareBudget([usual, usual], 1.6)).toEqual([usual, usual]);
    expect(shareBudget([usual, usual, suggestStrength(null, 0.4)], 1.6).map(({ value }) => value)).toEqual([
      0.6, 0.6, 0.4,
    ]);
  });
  it("lowers nothing below what can be seen, and says when that no longer fits", () => {
    const many = Array.from({ length: 8 }, () => usual);
    expect(shareBudget(many, 1.6).map(({ value }) => value)).toEqual(many.map(() => 0.25));
    expect(fitsBudget(many, 1.6)).toBe(false);
    expect(fitsBudget(many.slice(0, 6), 1.6)).toBe(true);
  });
});

describe("cosine", () => {
  it.each([
    [[1, 0], [2, 0], 1],
    [[1, 0], [0, 3], 0],
    [[1, 0], [-1, 0], -1],
    [[0, 0], [1, 0], null],
    [[1], [1, 0], null],
  ])("of %j and %j is %s", (a, b, expected) => {
    expect(cosine(a, b)).toBe(expected);
  });
});

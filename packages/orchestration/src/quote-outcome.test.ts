import type { Quote, RunQuote } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { holdAgainstQuote, type RunBill, rememberedQuote } from "./quote-outcome.ts";

const step = (name: string, expectedMicroUsd: number, p90 = expectedMicroUsd * 1.2) => ({
  ...{ name, expectedMicroUsd, parts: [] },
  costMicroUsd: { p50: expectedMicroUsd, p90 },
});
const quoted = (...steps: RunQuote["steps"]): RunQuote => ({
  seconds: { p50: 1, p90: 2 },
  costMicroUsd: { p50: 0, p90: 0 },
  expectedMicroUsd: 0,
  steps,
});
const billed = (billedMicroUsd: number, more: Partial<RunBill> = {}) => ({
  ...{ state: "succeeded" as const, steps: {}, billedMicroUsd },
  ...more,
});

const hold = (quote: RunQuote, bill: RunBill, gapShare = 0.05) => holdAgainstQuote(quote, bill, { gapShare });

describe("a bill, held against the quote", () => {
  const quote = quoted(step("train", 1_000));
  it.each([
    [950, "as-quoted"],
    [1_050, "as-quoted"],
    [949, "below"],
    [1_100, "above"],
    [1_201, "beyond-p90"],
  ])("of 1000, at most 1200 nine times in ten: %i is %s", (microUsd, verdict) => {
    expect(hold(quote, billed(microUsd))).toMatchObject({ verdict, billedMicroUsd: microUsd });
  });

  it("is no more than 5 % off where p90 is closer than that", () => {
    const sure = quoted(step("generate", 1_000, 1_000));
    expect(hold(sure, billed(1_050))?.verdict).toBe("as-quoted");
    expect(hold(sure, billed(1_051))).toMatchObject({ verdict: "beyond-p90", p90MicroUsd: 1_000 });
  });

  it("may be as far off as is said", () => {
    expect(hold(quote, billed(1_100), 0.1)?.verdict).toBe("as-quoted");
    expect(hold(quote, billed(1_001), 0)?.verdict).toBe("above");
  });

  it("expects nothing of steps whose results were there after all", () => {
    const two = quoted(step("caption", 400), step("train", 1_000));
    const bill = billed(1_000, { steps: { caption: "reused", train: "succeeded" } });
    expect(hold(two, bill)).toMatchObject({ verdict: "as-quoted", expectedMicroUsd: 1_000, gapShare: 0 });
  });

  it("says nothing of what was free, and of what cost less because it ended early; more than quoted counts always", () => {
    expect(hold(quoted(), billed(0))).toBeNull();
    expect(hold(quote, billed(500, { state: "cancelled" }))).toBeNull();
    expect(hold(quote, billed(1_300, { state: "failed" }))?.verdict).toBe("beyond-p90");
    expect(hold(quoted(), billed(7))).toMatchObject({ verdict: "beyond-p90", gapShare: 1 });
  });
});

it("of a quote is kept what costs something", () => {
  const row = { kind: "train", cache: "miss", items: 1, seconds: { p50: 1, p90: 2 }, reason: "" } as const;
  const quote: Quote = {
    steps: [
      { ...row, ...step("source", 0) },
      { ...row, ...step("train", 10) },
    ],
    seconds: { p50: 2, p90: 4 },
    ...{ costMicroUsd: { p50: 10, p90: 12 }, expectedMicroUsd: 10, vramBytes: 0, withinBudget: null },
    ...{ ceilings: [], notes: ["a note"], charges: [] },
  };
  expect(rememberedQuote(quote)).toEqual({
    seconds: { p50: 2, p90: 4 },
    costMicroUsd: { p50: 10, p90: 12 },
    expectedMicroUsd: 10,
    steps: [step("train", 10)],
  });
});

import type { BatchQuotePart, MemberQuote } from "@loramill/contracts";
import { expect, test } from "vitest";
import { sumQuotes } from "./sum-quotes.ts";

const step = (
  name: string,
  work: string | null,
  microUsd: number,
  cache: "reused" | "miss" = "miss",
): MemberQuote["steps"][number] => ({
  ...{ name, kind: name === "train" ? ("train" as const) : ("dataset" as const), cache, work },
  seconds: { p50: 10, p90: 20 },
  costMicroUsd: { p50: microUsd, p90: 2 * microUsd },
  expectedMicroUsd: microUsd,
});
const part = (members: MemberQuote[], next: number | null = null): BatchQuotePart => ({
  total: 3,
  members,
  refused: [],
  next,
});
const member = (number: number, steps: MemberQuote["steps"], notes: string[] = []): MemberQuote => ({
  number,
  name: `run ${number}`,
  steps,
  notes,
});

test("what several runs share is counted once, across parts, and what earlier runs have is free", () => {
  const parts = [
    part(
      [
        member(1, [step("dataset", "d", 100), step("train", "t1", 1_000)], ["slow"]),
        member(2, [step("dataset", "d", 100), step("train", "t2", 1_000)], ["slow", "big"]),
      ],
      3,
    ),
    part([member(3, [step("dataset", "d", 100), step("train", "t3", 0, "reused")])]),
  ];
  expect(sumQuotes(parts, 0.0041)).toEqual({
    total: 3,
    kinds: [
      {
        kind: "dataset",
        steps: 1,
        reused: 0,
        shared: 2,
        seconds: { p50: 10, p90: 20 },
        costMicroUsd: { p50: 100, p90: 200 },
        expectedMicroUsd: 100,
      },
      {
        kind: "train",
        steps: 2,
        reused: 1,
        shared: 0,
        seconds: { p50: 20, p90: 40 },
        costMicroUsd: { p50: 2_000, p90: 4_000 },
        expectedMicroUsd: 2_000,
      },
    ],
    ...{ seconds: { p50: 30, p90: 60 }, costMicroUsd: { p50: 2_100, p90: 4_200 }, expectedMicroUsd: 2_100 },
    refused: [],
    withinBudget: false,
    notes: [
      { note: "slow", runs: 2 },
      { note: "big", runs: 1 },
    ],
  });
  expect(sumQuotes(parts, undefined).withinBudget).toBeNull();
  expect(sumQuotes(parts, 1).withinBudget).toBe(true);
});

test("where nothing is reused, equal work is done again", () => {
  const parts = [part([member(1, [step("train", null, 5)]), member(2, [step("train", null, 5)])])];
  expect(sumQuotes(parts, undefined)).toMatchObject({ expectedMicroUsd: 10, kinds: [{ steps: 2, shared: 0 }] });
});

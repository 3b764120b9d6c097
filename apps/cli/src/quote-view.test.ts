import type { Quote, QuoteOutcome, RunQuote } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { outcomeLines, quoteLines } from "./quote-view.ts";

const costs = { costMicroUsd: { p50: 500_000, p90: 620_000 }, expectedMicroUsd: 530_000 };
const quote: Quote = {
  steps: [
    {
      ...{ name: "source", kind: "source", cache: "reused", items: 20, seconds: { p50: 0, p90: 0 }, parts: [] },
      ...{ costMicroUsd: { p50: 0, p90: 0 }, expectedMicroUsd: 0, reason: "an earlier run did this" },
    },
    {
      ...{ name: "train", kind: "train", cache: "miss", items: 1, seconds: { p50: 3_600, p90: 4_500 }, ...costs },
      parts: [
        { part: "boot", seconds: 130, microUsd: 20_000 },
        { part: "download", seconds: 65, microUsd: 10_000 },
        { part: "work", seconds: 3_300, microUsd: 440_000 },
        { part: "restarts", seconds: 120, microUsd: 20_000 },
        { part: "idle", seconds: 240, microUsd: 40_000 },
      ],
      reason: "no earlier run did this",
    },
  ],
  ...{ seconds: { p50: 3_600, p90: 4_500 }, ...costs, vramBytes: 0, withinBudget: false, ceilings: [] },
  ...{ notes: ["train: on a machine rented for it"], charges: [] },
};

describe("a quote on the screen", () => {
  const lines = quoteLines(quote).join("\n").split("\n");
  it("has a line for each part of what a rented machine costs", () => {
    expect(lines.filter((line) => /^(boot|download|work|restarts|idle) /.test(line))).toHaveLength(5);
    expect(lines).toContainEqual(expect.stringMatching(/^work +55 min 0 s +\$0\.44 +the training itself/));
    expect(lines.filter((line) => line.includes("on average"))).toHaveLength(2);
  });

  it("ends with the total, whether it fits, and what to know", () => {
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^total .*, \$0\.50 – \$0\.62 \(p50 – p90\), \$0\.53 on average$/),
      "this does not fit the budget",
      "note: train: on a machine rented for it",
    ]);
  });
});

describe("what a run came to", () => {
  const remembered: RunQuote = { seconds: quote.seconds, ...costs, steps: [] };
  const outcome: QuoteOutcome = {
    ...{ verdict: "beyond-p90", expectedMicroUsd: 530_000, p90MicroUsd: 620_000, billedMicroUsd: 700_000 },
    gapShare: 0.3208,
  };
  it("stands beside what it was quoted, once it was billed", () => {
    expect(outcomeLines({ quote: remembered, outcome: null })).toEqual(["quoted $0.50 – $0.62, $0.53 on average"]);
    expect(outcomeLines({ quote: remembered, outcome })[1]).toBe(
      "billed $0.70 with boot and idle time: more than quoted (+32.1 % of $0.53)",
    );
  });

  it("says nothing of runs that nobody quoted, and of free ones", () => {
    expect(outcomeLines({ quote: null, outcome: null })).toEqual([]);
    const free = { ...remembered, costMicroUsd: { p50: 0, p90: 0 }, expectedMicroUsd: 0 };
    expect(outcomeLines({ quote: free, outcome: null })).toEqual([]);
  });
});

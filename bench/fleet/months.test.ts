import { describe, expect, it } from "vitest";
import { brokenPromises } from "../promises.ts";
import { expectSound } from "./expect-sound.ts";
import { ours, runMonth } from "./month.ts";

/** Each is about ten seconds of computing, by itself on a core. */
const LONG_MS = 600_000;

describe("thirty days of 1,000 jobs in virtual time", () => {
  it.each([1, 2, 3, 4, 5])(
    "end below the ceiling and near the least that they can cost, and what is charged is what is billed (seed %i)",
    async (seed) => {
      const month = await runMonth(ours, { shape: "list", seed });
      expect(month.jobs).toHaveLength(1_000);
      expectSound(month);
      const { vsBound, missed: missedDeadlines, ceilingViolations, orphans } = month;
      const ledgerGapMicroUsd = Math.abs(month.ledgerMicroUsd - month.billMicroUsd);
      const fleet = { vsBound, missedDeadlines, ceilingViolations, orphans, ledgerGapMicroUsd };
      expect(brokenPromises({ fleet }).filter((line) => !line.includes("was not measured"))).toEqual([]);
    },
    LONG_MS,
  );
});

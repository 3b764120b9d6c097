import { expect } from "vitest";
import type { Figures } from "../harness.ts";
import { brokenPromises } from "../promises.ts";
import { type Measured, soundness } from "./measure-fleet.ts";
import type { Month } from "./month.ts";

/** The soak has a hundred. */
export const SEEDS = 5;
/** Of markets and planners that take longest: the bench has five. */
export const FEW_SEEDS = 1;
/** Some minutes of computing by itself on a core. */
export const LONG_MS = 1_800_000;

/** Whole months that are sound and keep what is promised of their figures. */
export function expectPromised({ months, figures }: Measured<Month>): void {
  for (const month of months) {
    expect(month.jobs).toHaveLength(1_000);
    expectSound(month);
  }
  expectKept({ ...figures, ...soundness(months) });
}

/** What is promised of these figures; others are promised of other worlds. */
export function expectKept(figures: Figures): void {
  expect(brokenPromises({ fleet: figures }).filter((line) => !line.includes("was not measured"))).toEqual([]);
}

/** Every job is done, the ceiling was kept, no machine is left, ledger, bill and books agree, and a preemption cost an interval at most. */
export function expectSound(month: Month): void {
  expect(month.jobs.every(({ finishedMs, doneShare }) => finishedMs !== null && doneShare === 1)).toBe(true);
  expect(month.ceilingViolations).toBe(0);
  expect(month.orphans).toBe(0);
  expect(month.ledgerMicroUsd).toBe(month.billMicroUsd);
  expect(month.booksMicroUsd).toBe(month.billMicroUsd);
  expect(month.vsBound).toBeGreaterThan(1);
  for (const { lostSeconds, preemptions, job } of month.jobs) {
    expect(lostSeconds).toBeLessThanOrEqual(preemptions * job.checkpointSeconds);
  }
}

import { expect } from "vitest";
import type { Month } from "./month.ts";

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

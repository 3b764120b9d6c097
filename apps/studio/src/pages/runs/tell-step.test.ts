import type { StepView } from "@loramill/contracts";
import { expect, test } from "vitest";
import { shareOfRun, shareOfStep, tellStep, tellTimeLeft } from "./tell-step.ts";

const counts = { total: 1, waiting: 0, open: 1, succeeded: 0, failed: 0, cancelled: 0 };
const step = (more: Partial<StepView>): StepView => ({
  id: "stp_1",
  name: "train",
  kind: "train",
  state: "running",
  jobs: counts,
  items: null,
  summary: {},
  progress: null,
  key: null,
  output: null,
  reusedFrom: null,
  reason: null,
  error: null,
  startedAt: null,
  endedAt: null,
  spentMicroUsd: 0,
  ...more,
});

test("a step of one job is as far as the job says, with the time that is left", () => {
  const training = step({ progress: { step: 50, total: 200, etaSeconds: 90, loss: 0.1 } });
  expect([shareOfStep(training), tellStep(training), tellTimeLeft(training)]).toEqual([
    0.25,
    "50 of 200",
    "1 min 30 s left",
  ]);
  expect(shareOfStep(step({ progress: { percent: 87 } }))).toBe(0.87);
});

test("a step of many jobs counts them, whatever one of them says", () => {
  const many = step({ jobs: { ...counts, total: 8, succeeded: 3, failed: 1 }, progress: { step: 1, total: 2 } });
  expect([shareOfStep(many), tellStep(many)]).toEqual([0.5, "4 of 8 jobs"]);
});

test("what is over says what it came to", () => {
  const times = { startedAt: "2026-11-21T12:00:00Z", endedAt: "2026-11-21T12:01:05Z" };
  expect(tellStep(step({ state: "succeeded", items: 12, ...times }))).toBe("12 items · 1 min 5 s");
  expect(tellStep(step({ state: "reused" }))).toBe("taken from before");
  expect(shareOfRun([step({ state: "reused" }), step({ state: "blocked" })])).toBe(0.5);
});

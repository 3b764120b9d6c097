import { digestOf } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { explainStep, explainWait, type StepFacts, type WaitFacts } from "./explain.ts";
import { errorRecord, plannedStep, tally } from "./testing/fixtures.ts";

const stepFacts = (over: Partial<StepFacts> = {}): StepFacts => ({
  step: plannedStep(),
  state: "succeeded",
  inputs: { source: digestOf("a") },
  needs: [{ name: "source", state: "succeeded" }],
  jobs: tally({ succeeded: 2 }),
  key: digestOf("key"),
  reuseAllowed: true,
  reusedFrom: null,
  earlier: null,
  error: null,
  ...over,
});
const earlier = (over: Parameters<typeof plannedStep>[0] = {}, inputs = { source: digestOf("a") }) => ({
  run: "run_1",
  step: plannedStep(over),
  inputs,
});

describe("explainStep", () => {
  it("names the run whose result was taken", () => {
    const facts = stepFacts({ state: "reused", reusedFrom: { run: "run_1", step: "prepare" } });
    expect(explainStep(facts)).toMatch(/^taken from run_1, .* \(key [0-9a-f]{12}\)\.$/);
  });

  it("says what is different from the nearest earlier run", () => {
    expect(explainStep(stepFacts({ earlier: earlier({ params: { resolution: 32 } }) }))).toBe(
      "done in 2 jobs; not reused because of resolution (32 then, 64 now) since run_1.",
    );
    const moved = stepFacts({ earlier: earlier({}, { source: digestOf("b") }) });
    expect(explainStep(moved)).toContain("because of another output of source since run_1");
    expect(explainStep(stepFacts())).toContain("no earlier run has a result of prepare-images");
    expect(explainStep(stepFacts({ reuseAllowed: false }))).toContain("reuse switched off");
  });

  it("keeps long lists of differences short", () => {
    const params = { a: 1, b: 2, c: 3, d: 4, e: 5, resolution: 64 };
    expect(explainStep(stepFacts({ earlier: earlier({ params }) }))).toContain("and 2 more differences since run_1");
  });

  it("says what a blocked step waits for and why a step failed or was not done", () => {
    const blocked = stepFacts({ state: "blocked", needs: [{ name: "source", state: "running" }] });
    expect(explainStep(blocked)).toBe("waits for source (running).");
    const error = errorRecord({ message: "out of memory" });
    expect(explainStep(stepFacts({ state: "failed", error }))).toBe("failed: out of memory.");
    expect(explainStep(stepFacts({ state: "cancelled", error: null }))).toBe("not done: the run was cancelled.");
    expect(explainStep(stepFacts({ state: "ready" }))).toContain("dispatcher");
    expect(explainStep(stepFacts({ state: "running", jobs: tally({ open: 1, succeeded: 2 }) }))).toContain(
      "2 of 3 jobs done",
    );
  });
});

const now = new Date("2026-01-01T00:00:00Z");
const waitFacts = (over: Partial<WaitFacts> = {}): WaitFacts => ({
  state: "waiting",
  now,
  notBefore: null,
  error: null,
  attemptsSpent: 0,
  maxAttempts: 4,
  queue: "train",
  workers: 1,
  run: { cancelRequested: false },
  budget: null,
  ceiling: null,
  project: { name: "default", open: 0, cap: 8 },
  window: { open: 0, size: 32 },
  ahead: null,
  ...over,
});

describe("explainWait", () => {
  it("says nothing of jobs that run or have ended", () => {
    for (const state of ["active", "succeeded", "failed", "cancelled", "quarantined"] as const) {
      expect(explainWait(waitFacts({ state }))).toBeNull();
    }
  });

  it("tells parked turns from retries", () => {
    const notBefore = new Date(now.getTime() + 12_300);
    expect(explainWait(waitFacts({ state: "parked", notBefore }))).toBe("parked until its next turn in 13 s.");
    const error = errorRecord({ message: "no connection" });
    expect(explainWait(waitFacts({ state: "parked", notBefore, error, attemptsSpent: 1 }))).toBe(
      "comes back in 13 s after attempt 1 of 4 failed: no connection.",
    );
  });

  it("names the budget, the project's limit, the full queue, the missing worker", () => {
    const budget = { remainingMicroUsd: 1_000_000, estimateMicroUsd: 2_500_000 };
    expect(explainWait(waitFacts({ budget }))).toBe("may cost $2.50 and the run's budget has $1.00 left.");
    expect(explainWait(waitFacts({ budget: { ...budget, isLeast: true } }))).toBe(
      "needs $2.50 to come to a checkpoint and the run's budget has $1.00 left.",
    );
    const limit = {
      of: { kind: "ceiling", scope: { kind: "account" }, period: "day" },
      ...{ limitMicroUsd: 5_000_000, spentMicroUsd: 4_800_000, reservedMicroUsd: 0 },
      reopensAt: new Date("2026-12-02T00:00:00Z"),
    } as const;
    expect(explainWait(waitFacts({ ceiling: { limit, estimateMicroUsd: 400_000 } }))).toBe(
      "may cost $0.40, for which the ceiling of $5.00 a day of the account has no room: $4.80 is spent and $0.00 set " +
        "aside for jobs at work; it begins anew at 2026-12-02T00:00Z.",
    );
    expect(explainWait(waitFacts({ project: { name: "cats", open: 8, cap: 8 } }))).toContain("project cats has 8 jobs");
    expect(explainWait(waitFacts({ window: { open: 32, size: 32 }, ahead: 5 }))).toBe(
      "queue train is full with 32 jobs; 5 jobs of the project come first.",
    );
    expect(explainWait(waitFacts({ state: "released", workers: 0 }))).toContain("no worker takes jobs");
    expect(explainWait(waitFacts({ run: { cancelRequested: true } }))).toBe("the run is being cancelled.");
    expect(explainWait(waitFacts({ state: "parked", run: { cancelRequested: true } }))).toBe(
      "the run is being cancelled: a worker of queue train ends what the job left at work elsewhere.",
    );
    expect(explainWait(waitFacts())).toBe("will be released at the next look of the dispatcher.");
  });
});

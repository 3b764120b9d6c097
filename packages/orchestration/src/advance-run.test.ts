import { nextState, RunPolicy } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advanceRun } from "./advance-run.ts";
import type { RunDecision, RunSnapshot, StepSnapshot } from "./run-snapshot.ts";
import { errorRecord, runSnapshot, stepSnapshot, tally } from "./testing/fixtures.ts";

const brief = (decisions: readonly RunDecision[]): string[] =>
  decisions.map(
    (decision) => `${decision.target === "run" ? "run" : `${decision.target} ${decision.step}`}: ${decision.event}`,
  );
const running = (name: string, jobs: Partial<StepSnapshot["jobs"]>, over: Partial<StepSnapshot> = {}): StepSnapshot =>
  stepSnapshot(name, { state: "running", jobs: tally(jobs), ...over });

describe("advanceRun", () => {
  it("starts a planned run and unblocks the steps that need nothing", () => {
    const run = runSnapshot([stepSnapshot("source"), stepSnapshot("prepare", { needs: ["source"] })], {
      state: "planned",
    });
    expect(brief(advanceRun(run))).toEqual(["run: start", "step source: unblock"]);
  });

  it("ends a step when its jobs have, and unblocks what waited for it in the same look", () => {
    const run = runSnapshot([
      running("source", { succeeded: 1 }),
      stepSnapshot("prepare", { needs: ["source"] }),
      stepSnapshot("dataset", { needs: ["source", "prepare"] }),
    ]);
    expect(brief(advanceRun(run))).toEqual(["step source: succeed", "step prepare: unblock"]);
  });

  it("leaves a run alone whose jobs are at work", () => {
    expect(advanceRun(runSnapshot([running("train", { open: 1, waiting: 3, succeeded: 2 })]))).toEqual([]);
  });

  it("succeeds when every step succeeded or was reused, also when a cancel came too late", () => {
    const steps = [stepSnapshot("source", { state: "reused" }), running("prepare", { succeeded: 2 })];
    expect(brief(advanceRun(runSnapshot(steps)))).toEqual(["step prepare: succeed", "run: succeed"]);
    expect(brief(advanceRun(runSnapshot(steps, { cancelRequested: true })))).toContain("run: succeed");
  });

  it("succeeds a step without jobs, because nothing is a whole answer", () => {
    expect(brief(advanceRun(runSnapshot([running("prepare", {})])))).toEqual(["step prepare: succeed", "run: succeed"]);
  });

  it("tolerates the share of failed jobs that the policy allows, and marks the output as incomplete", () => {
    const decisions = advanceRun(runSnapshot([running("caption", { succeeded: 5, failed: 5 })]));
    expect(decisions[0]).toEqual({ target: "step", step: "caption", event: "succeed", complete: false });
    expect(brief(advanceRun(runSnapshot([running("caption", { succeeded: 4, failed: 5 })])))[0]).toBe(
      "step caption: fail",
    );
  });

  it("fails a step all of whose jobs failed, whatever share is allowed", () => {
    const policy = RunPolicy.parse({ maxFailedShare: 1 });
    expect(brief(advanceRun(runSnapshot([running("train", { failed: 1 })], { policy })))[0]).toBe("step train: fail");
  });

  it("passes on the error of a step's only job, and counts the failures of many", () => {
    const error = errorRecord({ class: "user", code: "too-few-images", message: "no pictures are left" });
    const [single] = advanceRun(runSnapshot([running("dataset", { failed: 1 }, { error })]));
    expect(single).toMatchObject({ event: "fail", error });
    const [many] = advanceRun(runSnapshot([running("prepare", { failed: 3 }, { error })]));
    expect(many).toMatchObject({
      error: {
        code: "too-few-images",
        message: "3 of 3 jobs of step prepare failed; the first with: no pictures are left",
      },
    });
  });

  it("stops the remaining jobs of a step that has failed for sure, and fails it when they have ended", () => {
    const first = advanceRun(runSnapshot([running("generate", { failed: 6, open: 2, waiting: 2 })]));
    expect(brief(first)).toEqual(["jobs generate: cancel"]);
    const second = advanceRun(runSnapshot([running("generate", { failed: 6, waiting: 2, cancelled: 2 })]));
    expect(brief(second)).toEqual(["jobs generate: cancel", "step generate: fail", "run: fail"]);
  });

  it("stops the other branches when a step failed, unless the policy says to go on", () => {
    const steps = [
      running("a", { failed: 1 }),
      running("b", { open: 1 }),
      stepSnapshot("after-a", { needs: ["a"] }),
      stepSnapshot("after-b", { needs: ["b"] }),
    ];
    expect(brief(advanceRun(runSnapshot(steps)))).toEqual([
      "step a: fail",
      "step after-a: cancel",
      "step after-b: cancel",
      "jobs b: cancel",
    ]);
    const policy = RunPolicy.parse({ onStepFailure: "continue" });
    expect(brief(advanceRun(runSnapshot(steps, { policy })))).toEqual(["step a: fail", "step after-a: cancel"]);
  });

  it("fails a run in the end when a branch of it failed", () => {
    const policy = RunPolicy.parse({ onStepFailure: "continue" });
    const error = errorRecord({ message: "out of paint" });
    const steps = [stepSnapshot("a", { state: "failed", error }), running("b", { succeeded: 1 })];
    expect(advanceRun(runSnapshot(steps, { policy })).at(-1)).toEqual({ target: "run", event: "fail", error });
  });

  it("cancels waiting jobs at once and the run when the open ones have stopped", () => {
    const cancel = { cancelRequested: true };
    const first = advanceRun(
      runSnapshot([running("train", { open: 1 }), stepSnapshot("generate", { needs: ["train"] })], cancel),
    );
    expect(brief(first)).toEqual(["jobs train: cancel", "step generate: cancel"]);
    const second = advanceRun(
      runSnapshot([running("train", { cancelled: 1 }), stepSnapshot("generate", { state: "cancelled" })], cancel),
    );
    expect(brief(second)).toEqual(["step train: cancel", "run: cancel"]);
  });

  it("never lets a step succeed from which jobs were cancelled", () => {
    const run = runSnapshot([running("caption", { succeeded: 9, cancelled: 1 })]);
    expect(brief(advanceRun(run))).toEqual(["step caption: cancel", "run: fail"]);
  });

  it("cancels a run that never started without starting it", () => {
    const run = runSnapshot([stepSnapshot("source")], { state: "planned", cancelRequested: true });
    expect(brief(advanceRun(run))).toEqual(["step source: cancel", "run: cancel"]);
  });

  it("exhausts a run that spent more than its budget, stopping what is at work", () => {
    const budget = { microUsd: 1_000_000, spent: 1_000_001, reserved: 0, blocked: false };
    expect(brief(advanceRun(runSnapshot([running("train", { open: 1 })], { budget })))).toEqual(["jobs train: cancel"]);
    const ended = advanceRun(runSnapshot([running("train", { cancelled: 1 })], { budget }));
    expect(brief(ended)).toEqual(["step train: cancel", "run: exhaust"]);
    expect(ended.at(-1)).toMatchObject({ error: { class: "user", code: "budget-exhausted" } });
  });

  it("exhausts a run whose waiting jobs do not fit into the budget, but only when nothing is at work or ready", () => {
    const budget = { microUsd: 10, spent: 8, reserved: 0, blocked: true };
    const waiting = running("generate", { waiting: 2, succeeded: 1 });
    expect(advanceRun(runSnapshot([waiting, running("caption", { open: 1 })], { budget }))).toEqual([]);
    expect(advanceRun(runSnapshot([waiting, stepSnapshot("caption", { state: "ready" })], { budget }))).toEqual([]);
    const stuck = advanceRun(runSnapshot([waiting], { budget }));
    expect(brief(stuck)).toEqual(["jobs generate: cancel", "step generate: cancel", "run: exhaust"]);
  });

  it("names the ceiling that has no room, and when its deadline has passed stops what is at work", () => {
    const blockedBy = {
      of: { kind: "ceiling", scope: { kind: "project", project: "toys" }, period: "total" },
      ...{ limitMicroUsd: 5_000_000, spentMicroUsd: 4_900_000, reservedMicroUsd: 0, reopensAt: null },
    } as const;
    const budget = { microUsd: null, spent: 8, reserved: 0, blocked: true, blockedBy };
    expect(advanceRun(runSnapshot([running("generate", { waiting: 2 })], { budget })).at(-1)).toMatchObject({
      event: "exhaust",
      error: { code: "ceiling-reached", message: expect.stringContaining("$5.00 in all of project toys") },
    });
    const missedDeadline = new Date("2026-12-01T18:00:00Z");
    const open = runSnapshot([running("train", { open: 1 })], { missedDeadline });
    expect(brief(advanceRun(open))).toEqual(["jobs train: cancel"]);
    const stopped = advanceRun(runSnapshot([running("train", { cancelled: 1 })], { missedDeadline }));
    expect(stopped.at(-1)).toMatchObject({ event: "exhaust", error: { code: "deadline-passed" } });
  });

  it("ends a run whose steps wait for one another or for a step that is not there", () => {
    const circle = [stepSnapshot("a", { needs: ["b"] }), stepSnapshot("b", { needs: ["a"] })];
    expect(advanceRun(runSnapshot(circle)).at(-1)).toMatchObject({ event: "fail", error: { code: "stuck-plan" } });
    const orphan = [stepSnapshot("a", { needs: ["nobody"] })];
    expect(brief(advanceRun(runSnapshot(orphan)))).toEqual(["step a: cancel", "run: fail"]);
  });

  it("says nothing about a run that ended", () => {
    for (const state of ["succeeded", "failed", "cancelled", "exhausted"] as const) {
      expect(advanceRun(runSnapshot([running("a", { succeeded: 1 })], { state }))).toEqual([]);
    }
  });
});

const names = ["a", "b", "c", "d", "e"];
const anyStep = (name: string): fc.Arbitrary<StepSnapshot> =>
  fc
    .record({
      state: fc.constantFrom("blocked", "ready", "running", "succeeded", "failed", "cancelled", "reused"),
      needs: fc.subarray(names.filter((other) => other !== name)),
      jobs: fc.record({
        open: fc.nat(2),
        waiting: fc.nat(2),
        succeeded: fc.nat(3),
        failed: fc.nat(3),
        cancelled: fc.nat(2),
      }),
      error: fc.option(fc.constant(errorRecord())),
    })
    .map(({ state, needs, jobs, error }) => {
      const ended = { succeeded: jobs.succeeded, failed: jobs.failed, cancelled: jobs.cancelled };
      const counts = state === "running" ? jobs : state === "blocked" || state === "ready" ? {} : ended;
      return stepSnapshot(name, { state, needs, error, jobs: tally(counts) });
    });
const anyRun: fc.Arbitrary<RunSnapshot> = fc
  .record({
    state: fc.constantFrom("planned", "running"),
    cancelRequested: fc.boolean(),
    policy: fc.record({
      onStepFailure: fc.constantFrom("fail", "continue"),
      failedItems: fc.constantFrom("continue", "fail"),
      maxFailedShare: fc.constantFrom(0, 0.3, 0.5, 1),
      reuse: fc.boolean(),
      onBudget: fc.constantFrom("stop", "finish"),
    }),
    missedDeadline: fc.constantFrom(null, new Date(0)),
    budget: fc.record({
      microUsd: fc.option(fc.nat(100)),
      spent: fc.nat(120),
      reserved: fc.nat(50),
      blocked: fc.boolean(),
    }),
    count: fc.integer({ min: 1, max: names.length }),
    steps: fc.tuple(...names.map(anyStep)),
  })
  .map(({ count, steps, ...run }) => ({ ...run, steps: steps.slice(0, count) }));

/** Applies decisions as a dispatcher would, checking each against the state machines. */
function applied(run: RunSnapshot, decisions: readonly RunDecision[]): RunSnapshot {
  let { state } = run;
  const steps = new Map(run.steps.map((step) => [step.name, step]));
  for (const decision of decisions) {
    if (decision.target === "run") {
      const after = nextState("run", state, decision.event);
      if (after === undefined) throw new Error(`run: ${state} does not allow ${decision.event}`);
      state = after;
      continue;
    }
    const step = steps.get(decision.step);
    if (step === undefined) throw new Error(`no step ${decision.step}`);
    if (decision.target === "jobs") {
      const { waiting, cancelled } = step.jobs;
      steps.set(step.name, { ...step, jobs: { ...step.jobs, waiting: 0, cancelled: cancelled + waiting } });
      continue;
    }
    const after = nextState("step", step.state, decision.event);
    if (after === undefined) throw new Error(`step ${step.name}: ${step.state} does not allow ${decision.event}`);
    steps.set(step.name, { ...step, state: after });
  }
  return { ...run, state, steps: [...steps.values()] };
}

describe("advanceRun on any snapshot", () => {
  it("decides only what the state machines allow", () => {
    fc.assert(
      fc.property(anyRun, (run) => void applied(run, advanceRun(run))),
      { numRuns: 2_000 },
    );
  });

  it("has nothing more to say after its decisions were applied, but to ask open jobs again to stop", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const again = advanceRun(applied(run, advanceRun(run)));
        expect(again.filter((decision) => decision.target !== "jobs")).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends the run once no job is open and none can be started", () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const quiet = run.steps.map((step) => ({ ...step, jobs: tally({ ...step.jobs, open: 0, waiting: 0 }) }));
        const after = applied({ ...run, steps: quiet }, advanceRun({ ...run, steps: quiet }));
        const ready = after.steps.some((step) => step.state === "ready");
        expect(ready || after.state !== "running").toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

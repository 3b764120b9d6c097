import { type ErrorRecord, formatMicroUsd, isFinal, nextState, type RunPolicy } from "@loramill/contracts";
import type { RunDecision, RunSnapshot, StepSnapshot } from "./run-snapshot.ts";
import { record, settleRunningStep } from "./settle-step.ts";
import { sayLimit, sayUse } from "./spending-limits.ts";

/** Why the rest of a run is not done, and what the run becomes once its open jobs have stopped. */
interface Stop {
  readonly event: "cancel" | "exhaust" | "fail";
  readonly error: ErrorRecord;
}

/** The run as it will be when the decisions so far have been applied. */
interface Progress {
  readonly steps: Map<string, StepSnapshot>;
  readonly decisions: RunDecision[];
}

/**
 * What happens next in a run, as writes to apply in order; an empty list where there is nothing to do. Called after
 * every change and on a timer. The caller moves ready steps (`start` after expanding, `reuse` after finding the key);
 * every other event of steps and runs comes from here. A run whose open jobs end, ends, whatever they do.
 */
export function advanceRun(run: RunSnapshot): RunDecision[] {
  if (isFinal("run", run.state)) return [];
  const progress: Progress = { steps: new Map(run.steps.map((step) => [step.name, step])), decisions: [] };
  let stop = stopAtOnce(run);
  const started = run.state !== "planned" || stop?.event !== "cancel";
  if (run.state === "planned" && started) progress.decisions.push({ target: "run", event: "start" });
  stop = settle(progress, run.policy, stop);
  if (stop === null) {
    const stuck = stuckFor(run, progress);
    if (stuck !== null) stop = settle(progress, run.policy, stuck);
  }
  if (all(progress, (step) => isFinal("step", step.state))) progress.decisions.push(endOfRun(progress, stop, started));
  return progress.decisions;
}

function stopAtOnce({ cancelRequested, budget, missedDeadline }: RunSnapshot): Stop | null {
  if (cancelRequested) return { event: "cancel", error: record("user", "cancelled", "the run was cancelled") };
  if (missedDeadline !== null) {
    const message = `its deadline of ${missedDeadline.toISOString()} has passed: give it a later one and resume`;
    return { event: "exhaust", error: record("user", "deadline-passed", message) };
  }
  if (budget.microUsd !== null && budget.spent > budget.microUsd) {
    const [spent, limit] = [formatMicroUsd(budget.spent), formatMicroUsd(budget.microUsd)];
    return {
      event: "exhaust",
      error: record("user", "budget-exhausted", `${spent} was spent and the budget is ${limit}: raise it and resume`),
    };
  }
  return null;
}

/** Goes over the steps until nothing more follows from what was decided. Answers why the run stops, if it does. */
function settle(progress: Progress, policy: RunPolicy, reason: Stop | null): Stop | null {
  let stop = reason;
  for (let changed = true; changed; ) {
    changed = false;
    for (const step of progress.steps.values()) {
      if (step.state === "running")
        changed = apply(progress, settleRunningStep(step, policy, stop?.error ?? null)) || changed;
    }
    if (policy.onStepFailure === "fail") stop ??= failureIn(progress);
    for (const step of progress.steps.values()) {
      if (step.state === "blocked" || step.state === "ready") {
        changed = apply(progress, settleWaitingStep(step, progress, stop)) || changed;
      }
    }
  }
  return stop;
}

function settleWaitingStep(step: StepSnapshot, { steps }: Progress, stop: Stop | null): readonly RunDecision[] {
  if (stop !== null) return [{ target: "step", step: step.name, event: "cancel", error: stop.error }];
  if (step.state === "ready") return [];
  const needs = step.needs.map((name) => ({ name, state: steps.get(name)?.state }));
  const lost = needs.find(({ state }) => state === undefined || state === "failed" || state === "cancelled");
  if (lost !== undefined) {
    const message = `step ${step.name} needs ${lost.name}, which ${lost.state === "failed" ? "failed" : "was not done"}`;
    return [{ target: "step", step: step.name, event: "cancel", error: record("permanent", "needs-failed", message) }];
  }
  if (needs.every(({ state }) => state === "succeeded" || state === "reused")) {
    return [{ target: "step", step: step.name, event: "unblock" }];
  }
  return [];
}

/** Remembers decisions that were not taken yet and what they change; answers whether a step changed its state. */
function apply(progress: Progress, decisions: readonly RunDecision[]): boolean {
  let changed = false;
  for (const decision of decisions) {
    if (decision.target === "jobs") {
      const said = progress.decisions.some((other) => other.target === "jobs" && other.step === decision.step);
      if (!said) progress.decisions.push(decision);
    } else if (decision.target === "step") {
      const step = progress.steps.get(decision.step);
      const state = step && nextState("step", step.state, decision.event);
      if (step === undefined || state === undefined) continue;
      const error = "error" in decision ? decision.error : (step.error ?? null);
      progress.steps.set(step.name, { ...step, state, error });
      progress.decisions.push(decision);
      changed = true;
    }
  }
  return changed;
}

/**
 * The reason to stop a run in which nothing is at work and nothing can be started: the budget, that of the batch, or a ceiling
 * that does not begin anew, has no room for any waiting job, or (a broken plan) steps wait for one another.
 */
function stuckFor({ budget }: RunSnapshot, progress: Progress): Stop | null {
  const rest = [...progress.steps.values()].filter((step) => !isFinal("step", step.state));
  if (rest.length === 0 || rest.some((step) => step.state === "ready" || step.jobs.open > 0)) return null;
  if (rest.every((step) => step.jobs.waiting === 0)) {
    const names = rest.map((step) => step.name).join(", ");
    return { event: "fail", error: record("permanent", "stuck-plan", `steps ${names} wait for one another`) };
  }
  if (!budget.blocked) return null;
  if (budget.blockedBy !== undefined) {
    const by = `${sayLimit(budget.blockedBy)}, of which ${sayUse(budget.blockedBy)}`;
    const message = `no waiting job fits into ${by}: raise it and resume`;
    const code = budget.blockedBy.of.kind === "ceiling" ? "ceiling-reached" : "budget-exhausted";
    return { event: "exhaust", error: record("user", code, message) };
  }
  const limit = budget.microUsd === null ? "the budget" : `the budget of ${formatMicroUsd(budget.microUsd)}`;
  const message = `no waiting job fits into ${limit}, of which ${formatMicroUsd(budget.spent)} is spent: raise it and resume`;
  return { event: "exhaust", error: record("user", "budget-exhausted", message) };
}

function failureIn({ steps }: Progress): Stop | null {
  const failed = [...steps.values()].find((step) => step.state === "failed");
  if (failed === undefined) return null;
  const error = failed.error ?? unexplained(failed);
  return { event: error.code === "deadline-passed" ? "exhaust" : "fail", error };
}

function endOfRun(progress: Progress, stop: Stop | null, started: boolean): RunDecision {
  if (started && all(progress, (step) => step.state === "succeeded" || step.state === "reused")) {
    return { target: "run", event: "succeed" };
  }
  if (stop !== null) return { target: "run", event: stop.event, error: stop.error };
  const bad = [...progress.steps.values()].filter((step) => step.state === "failed" || step.state === "cancelled");
  const first = bad.find((step) => step.state === "failed") ?? bad[0];
  const error = first === undefined ? null : (first.error ?? unexplained(first));
  return { target: "run", event: "fail", error: error ?? record("bug", "unexpected", "the run has no steps") };
}

const unexplained = (step: StepSnapshot): ErrorRecord =>
  record("permanent", "step-failed", `step ${step.name} ${step.state === "failed" ? "failed" : "was not done"}`);

const all = ({ steps }: Progress, holds: (step: StepSnapshot) => boolean): boolean => [...steps.values()].every(holds);

import type { JsonObject, StepView } from "@loramill/contracts";
import { formatCount, formatPercent, formatSeconds } from "../../lib/format.ts";

const numberOf = (progress: JsonObject | null, ...names: string[]): number | null => {
  for (const name of names) {
    const value = progress?.[name];
    if (typeof value === "number") return value;
  }
  return null;
};

/** How much of a step is done, 0 to 1: its finished jobs, and where it has one job, how far that says it is. */
export function shareOfStep({ state, jobs, progress }: Pick<StepView, "state" | "jobs" | "progress">): number {
  if (state === "succeeded" || state === "reused") return 1;
  const percent = numberOf(progress, "percent");
  const done = numberOf(progress, "step", "done");
  const total = numberOf(progress, "totalSteps", "total");
  if (jobs.total <= 1) {
    if (percent !== null) return percent / 100;
    return done !== null && total ? done / total : 0;
  }
  return ended(jobs) / jobs.total;
}

const ended = (jobs: StepView["jobs"]): number => jobs.succeeded + jobs.failed + jobs.cancelled;

/** What a step does at the moment, or came to, in a few words. */
export function tellStep(step: StepView): string {
  const { state, jobs, progress } = step;
  if (state === "failed") return step.error?.message ?? "failed";
  if (state === "reused") return "taken from before";
  if (state === "succeeded") {
    const took = step.startedAt && step.endedAt ? (Date.parse(step.endedAt) - Date.parse(step.startedAt)) / 1000 : null;
    const items = step.items === null ? null : `${formatCount(step.items)} ${step.items === 1 ? "item" : "items"}`;
    return [items, took === null ? null : formatSeconds(took)].filter(Boolean).join(" · ");
  }
  if (state !== "running") return state;
  if (jobs.total > 1) return `${formatCount(ended(jobs))} of ${formatCount(jobs.total)} jobs`;
  const done = numberOf(progress, "step", "done");
  const total = numberOf(progress, "totalSteps", "total");
  if (done !== null && total !== null) return `${formatCount(done)} of ${formatCount(total)}`;
  const percent = numberOf(progress, "percent");
  return percent === null ? "at work" : formatPercent(percent / 100);
}

/** How long a step will take from now on, as it says itself; empty where it does not. */
export function tellTimeLeft({ state, progress }: StepView): string {
  const eta = numberOf(progress, "etaSeconds");
  return state !== "running" || eta === null || eta <= 0 ? "" : `${formatSeconds(eta)} left`;
}

/** How much of a run is done, 0 to 1: each step counts the same. */
export function shareOfRun(steps: readonly StepView[]): number {
  return steps.reduce((sum, step) => sum + shareOfStep(step), 0) / (steps.length || 1);
}

import { isFinal, type JobState } from "@loramill/contracts";
import { advanceRun } from "../advance-run.ts";
import { expandStep } from "../expand-step.ts";
import { type ReleaseLimits, selectReleases } from "../fair-share.ts";
import type { JobTally } from "../run-snapshot.ts";
import { demand, isOpen, type Job, jobsOf, type Run, reservedOf, roomOf } from "./simulated-run.ts";

/** Does what `advanceRun` says, and expands the steps that are ready; `reuse` is the chance that a step needs no jobs. */
export function dispatch(run: Run, reuse: number, random: () => number, now: Date): void {
  const { budgetMicroUsd, policy } = run.asked;
  const decisions = advanceRun({
    state: run.state,
    cancelRequested: run.cancelRequested,
    policy,
    missedDeadline: null,
    budget: { microUsd: budgetMicroUsd, spent: run.spent, reserved: reservedOf(run), blocked: run.blocked },
    steps: run.steps.map(({ plan, state, jobs, error }) => ({
      name: plan.name,
      needs: plan.needs,
      state,
      error,
      jobs: tallyOf(jobs),
    })),
  });
  for (const decision of decisions) {
    if (decision.target === "run") {
      run.state = demand("run", run.state, decision.event);
      continue;
    }
    const step = run.steps.find(({ plan }) => plan.name === decision.step);
    if (step === undefined) throw new Error(`no step ${decision.step}`);
    if (decision.target === "step") step.state = demand("step", step.state, decision.event);
    else for (const job of step.jobs) cancel(job);
  }
  for (const step of run.steps) {
    if (step.state !== "ready") continue;
    if (run.asked.policy.reuse && random() < reuse) {
      step.state = demand("step", step.state, "reuse");
      continue;
    }
    const inputs = Object.fromEntries(step.plan.needs.map((need) => [need, { digest: "0".repeat(64), parts: [] }]));
    const expanded = step.size === 0 ? [] : expandStep(step.plan, inputs);
    step.jobs = expanded.map(({ ordinal, estimateMicroUsd }) => ({
      id: `${run.id}.${step.plan.name}.${ordinal}`,
      estimateMicroUsd,
      since: now,
      state: "waiting",
      due: 0,
      attemptsSpent: 0,
      workersLost: 0,
      cancelRequested: false,
    }));
    step.state = demand("step", step.state, "start");
  }
}

/** As the catalog does it: what no worker holds ends now, a worker learns of it with its next heartbeat. */
function cancel(job: Job): void {
  if (isFinal("job", job.state)) return;
  if (job.state === "active") job.cancelRequested = true;
  else job.state = demand("job", job.state, "cancel");
}

/** Releases what `selectReleases` chooses; answers the deficits for the next round. */
export function release(
  runs: readonly Run[],
  limits: ReleaseLimits,
  deficits: Readonly<Record<string, number>>,
  now: Date,
): Readonly<Record<string, number>> {
  const waiting = jobsOf(runs).filter(({ run, job }) => run.state === "running" && job.state === "waiting");
  const byProject = Map.groupBy(jobsOf(runs), ({ run }) => run.asked.project);
  const answer = selectReleases(
    {
      now,
      jobs: waiting.map(({ run, job }) => ({
        job: job.id,
        project: run.asked.project,
        run: run.id,
        priority: run.asked.priority,
        waitingSince: job.since,
        estimateMicroUsd: job.estimateMicroUsd,
      })),
      projects: Object.fromEntries(
        [...byProject].map(([project, all]) => [
          project,
          {
            weight: 1,
            open: all.filter(({ job }) => isOpen(job)).length,
            deficit: deficits[project] ?? 0,
          },
        ]),
      ),
      budgets: Object.fromEntries(
        runs
          .filter((run) => run.asked.budgetMicroUsd !== null)
          .map((run) => [run.id, { remainingMicroUsd: roomOf(run), reservedMicroUsd: reservedOf(run) }]),
      ),
    },
    limits,
  );
  const released = new Set(answer.releases.map(({ job }) => job));
  for (const { job } of waiting) if (released.has(job.id)) job.state = demand("job", job.state, "release");
  for (const run of runs) run.blocked = answer.blockedRuns.some(({ run: blocked }) => blocked === run.id);
  return answer.deficits;
}

function tallyOf(jobs: readonly Job[]): JobTally {
  const count = (...states: JobState[]): number => jobs.filter((job) => states.includes(job.state)).length;
  return {
    total: jobs.length,
    open: count("released", "active", "parked"),
    waiting: count("waiting"),
    succeeded: count("succeeded"),
    failed: count("failed", "quarantined"),
    cancelled: count("cancelled"),
  };
}

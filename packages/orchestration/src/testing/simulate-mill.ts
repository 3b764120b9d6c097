import {
  type ErrorRecord,
  type EventOf,
  isFinal,
  type JobPolicy,
  type JobState,
  nextState,
  type PlannedStep,
  type RunPolicy,
  type RunState,
  type StepState,
} from "@loramill/contracts";
import { advanceRun } from "../advance-run.ts";
import { expandStep } from "../expand-step.ts";
import { type ReleaseLimits, selectReleases } from "../fair-share.ts";
import { decideRetry } from "../retry-policy.ts";
import type { JobTally } from "../run-snapshot.ts";
import { errorRecord, plannedStep } from "./fixtures.ts";

/** What a run of the simulation is asked to do. Steps are named by their place; `needs` are places before it. */
export interface SimulatedRun {
  readonly project: string;
  readonly policy: RunPolicy;
  readonly budgetMicroUsd: number | null;
  readonly priority: number;
  /** Round in which a person cancels it; null: never. */
  readonly cancelAt: number | null;
  readonly steps: readonly { readonly needs: readonly number[]; readonly jobs: number; readonly microUsd: number }[];
}

export interface Simulation {
  readonly runs: readonly SimulatedRun[];
  readonly limits: ReleaseLimits;
  readonly random: () => number;
  /** Chances of what becomes of a turn; the rest succeeds. */
  readonly chances: {
    readonly park: number;
    readonly transient: number;
    readonly user: number;
    readonly loss: number;
    readonly reuse: number;
  };
}

interface Job {
  readonly id: string;
  readonly estimateMicroUsd: number;
  readonly since: Date;
  state: JobState;
  due: number;
  attemptsSpent: number;
  workersLost: number;
  cancelRequested: boolean;
}

interface Step {
  readonly plan: PlannedStep;
  readonly size: number;
  state: StepState;
  jobs: Job[];
  error: ErrorRecord | null;
}

interface Run {
  readonly id: string;
  readonly asked: SimulatedRun;
  readonly steps: Step[];
  state: RunState;
  cancelRequested: boolean;
  spent: number;
  blocked: boolean;
}

const POLICY: JobPolicy = {
  attempts: 3,
  backoffMs: 1_000,
  maxBackoffMs: 8_000,
  turnTimeoutMs: 1_000,
  maxLostWorkers: 2,
};
const ROUND_MS = 1_000;
const OPEN: readonly JobState[] = ["released", "active", "parked"];

/** How the simulation ended, and what it has to show: nothing here was judged while it ran but the state machines. */
export interface SimulationEnd {
  readonly rounds: number;
  readonly states: readonly RunState[];
  /** Largest numbers seen: jobs open at once, in all and of one project. */
  readonly mostOpen: number;
  readonly mostOpenOfProject: number;
  /** Smallest room left in any run's budget right after a release: limit - spent - reserved. */
  readonly leastRoom: number;
}

/**
 * A whole mill in memory: a dispatcher that only does what `advanceRun`, `expandStep`, `selectReleases` and `decideRetry`
 * say, and workers whose turns end at random. Throws when anything asks for what a state machine does not allow, or when
 * the runs have not ended after `maxRounds`.
 */
export function simulateMill(simulation: Simulation, maxRounds: number): SimulationEnd {
  const { limits, random } = simulation;
  const runs = simulation.runs.map(makeRun);
  let deficits: Readonly<Record<string, number>> = {};
  let [mostOpen, mostOpenOfProject, leastRoom] = [0, 0, Number.POSITIVE_INFINITY];

  for (let round = 0; round < maxRounds; round += 1) {
    const now = new Date(round * ROUND_MS);
    for (const run of runs) {
      if (run.asked.cancelAt === round) run.cancelRequested = true;
      dispatch(run, simulation, now);
    }
    if (runs.every((run) => isFinal("run", run.state))) {
      return { rounds: round, states: runs.map(({ state }) => state), mostOpen, mostOpenOfProject, leastRoom };
    }
    deficits = release(runs, limits, deficits, now);

    const open = jobsOf(runs).filter(({ job }) => OPEN.includes(job.state));
    mostOpen = Math.max(mostOpen, open.length);
    for (const mine of Map.groupBy(open, ({ run }) => run.asked.project).values()) {
      mostOpenOfProject = Math.max(mostOpenOfProject, mine.length);
    }
    for (const run of runs) if (!isFinal("run", run.state)) leastRoom = Math.min(leastRoom, roomOf(run));
    for (const { run, step, job } of open) turn({ run, step, job, simulation, now, random });
  }
  throw new Error(`runs have not ended after ${maxRounds} rounds: ${runs.map(({ state }) => state).join(", ")}`);
}

function makeRun(asked: SimulatedRun, index: number): Run {
  const steps = asked.steps.map(({ needs, jobs, microUsd }, at): Step => {
    const fanOut = { type: "range", items: Math.max(1, jobs), perJob: 1 } as const;
    const plan = plannedStep({
      name: `s${at}`,
      job: "generate-images",
      needs: needs.map((need) => `s${need}`),
      fanOut,
      estimate: { items: jobs, seconds: 0, microUsd },
    });
    return { plan, size: jobs, state: "blocked", jobs: [], error: null };
  });
  return { id: `r${index}`, asked, steps, state: "planned", cancelRequested: false, spent: 0, blocked: false };
}

function dispatch(run: Run, { chances, random }: Simulation, now: Date): void {
  const { budgetMicroUsd, policy } = run.asked;
  const decisions = advanceRun({
    state: run.state,
    cancelRequested: run.cancelRequested,
    policy,
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
    if (run.asked.policy.reuse && random() < chances.reuse) {
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

function release(
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
            open: all.filter(({ job }) => OPEN.includes(job.state)).length,
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
  for (const run of runs) run.blocked = answer.blockedRuns.includes(run.id);
  return answer.deficits;
}

interface Turn {
  readonly run: Run;
  readonly step: Step;
  readonly job: Job;
  readonly simulation: Simulation;
  readonly now: Date;
  readonly random: () => number;
}

/** One look at an open job: perhaps a worker claims it, perhaps its turn ends. */
function turn({ run, step, job, simulation: { chances }, now, random }: Turn): void {
  if (job.state !== "active") {
    if (now.getTime() >= job.due && random() < 0.8) job.state = demand("job", job.state, "claim");
    return;
  }
  const drawn = random();
  const edges = [chances.loss, chances.park, chances.transient, chances.user];
  const [lost, parked, transient, user] = edges.map((_, at) => edges.slice(0, at + 1).reduce((sum, one) => sum + one));
  if (drawn < (lost ?? 0)) {
    job.workersLost += 1;
    settle({ run, step, job, now, random, error: errorRecord({ code: "worker-lost" }) });
  } else if (job.cancelRequested) {
    job.state = demand("job", job.state, "cancel");
  } else if (drawn < (parked ?? 0)) {
    job.state = demand("job", job.state, "park");
    job.due = now.getTime() + random() * 3 * ROUND_MS;
  } else if (drawn < (transient ?? 0)) settle({ run, step, job, now, random, error: errorRecord() });
  else if (drawn < (user ?? 0))
    settle({ run, step, job, now, random, error: errorRecord({ class: "user", code: "bad" }) });
  else {
    run.spent += job.estimateMicroUsd;
    job.state = demand("job", job.state, "succeed");
  }
}

function settle({ step, job, now, random, error }: Omit<Turn, "simulation"> & { readonly error: ErrorRecord }): void {
  const { attemptsSpent, workersLost } = job;
  const decision = decideRetry({ error, policy: POLICY, attemptsSpent, workersLost, now, random });
  if (decision.kind === "retry") {
    if (decision.spendsAttempt) job.attemptsSpent += 1;
    job.state = demand("job", job.state, "park");
    job.due = decision.until.getTime();
    return;
  }
  step.error ??= error;
  job.state = demand("job", job.state, decision.kind === "fail" ? "fail" : "quarantine");
}

function demand<M extends "run" | "step" | "job">(
  machine: M,
  from: Parameters<typeof nextState<M>>[1],
  event: EventOf<M>,
): Parameters<typeof nextState<M>>[1] {
  const after = nextState(machine, from, event);
  if (after === undefined) throw new Error(`${machine}: ${from} does not allow ${event}`);
  return after;
}

const jobsOf = (runs: readonly Run[]): { run: Run; step: Step; job: Job }[] =>
  runs.flatMap((run) => run.steps.flatMap((step) => step.jobs.map((job) => ({ run, step, job }))));

const reservedOf = (run: Run): number =>
  run.steps
    .flatMap((step) => step.jobs)
    .filter((job) => OPEN.includes(job.state))
    .reduce((sum, job) => sum + job.estimateMicroUsd, 0);

const roomOf = (run: Run): number =>
  (run.asked.budgetMicroUsd ?? Number.POSITIVE_INFINITY) - run.spent - reservedOf(run);

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

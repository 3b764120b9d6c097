import {
  type ErrorRecord,
  type EventOf,
  type JobState,
  nextState,
  type PlannedStep,
  type RunPolicy,
  type RunState,
  type StepState,
} from "@loramill/contracts";
import { plannedStep } from "./fixtures.ts";

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

export interface Job {
  readonly id: string;
  readonly estimateMicroUsd: number;
  readonly since: Date;
  state: JobState;
  due: number;
  attemptsSpent: number;
  workersLost: number;
  cancelRequested: boolean;
}

export interface Step {
  readonly plan: PlannedStep;
  readonly size: number;
  state: StepState;
  jobs: Job[];
  error: ErrorRecord | null;
}

export interface Run {
  readonly id: string;
  readonly asked: SimulatedRun;
  readonly steps: Step[];
  state: RunState;
  cancelRequested: boolean;
  spent: number;
  blocked: boolean;
}

export function makeRun(asked: SimulatedRun, index: number): Run {
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

/** The state after an event. Throws when the machine does not allow it. */
export function demand<M extends "run" | "step" | "job">(
  machine: M,
  from: Parameters<typeof nextState<M>>[1],
  event: EventOf<M>,
): Parameters<typeof nextState<M>>[1] {
  const after = nextState(machine, from, event);
  if (after === undefined) throw new Error(`${machine}: ${from} does not allow ${event}`);
  return after;
}

/** Held by a worker, or on the way to one. */
export const isOpen = ({ state }: Job): boolean => state === "released" || state === "active" || state === "parked";

export const jobsOf = (runs: readonly Run[]): { run: Run; step: Step; job: Job }[] =>
  runs.flatMap((run) => run.steps.flatMap((step) => step.jobs.map((job) => ({ run, step, job }))));

export const reservedOf = (run: Run): number =>
  run.steps
    .flatMap((step) => step.jobs)
    .filter(isOpen)
    .reduce((sum, job) => sum + job.estimateMicroUsd, 0);

/** What its budget has left: limit - spent - reserved, in micro-dollars. */
export const roomOf = (run: Run): number =>
  (run.asked.budgetMicroUsd ?? Number.POSITIVE_INFINITY) - run.spent - reservedOf(run);

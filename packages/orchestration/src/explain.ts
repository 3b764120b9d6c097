import type { Digest, ErrorRecord, JobState, PlannedStep, SpendingLimit, StepState } from "@loramill/contracts";
import { formatMicroUsd } from "@loramill/contracts";
import { type Difference, stepDifferences } from "./diff-plans.ts";
import type { JobTally } from "./run-snapshot.ts";
import { sayLimit, sayUse } from "./spending-limits.ts";

/** An earlier step of the same kind, to say what is different now. */
export interface EarlierStep {
  readonly run: string;
  readonly step: PlannedStep;
  readonly inputs: Readonly<Record<string, Digest>>;
}

export interface StepFacts {
  readonly step: PlannedStep;
  readonly state: StepState;
  /** Output digests of the needed steps, as far as they are there. */
  readonly inputs: Readonly<Record<string, Digest>>;
  readonly needs: readonly { readonly name: string; readonly state: StepState }[];
  readonly jobs: JobTally;
  readonly key: Digest | null;
  readonly reuseAllowed: boolean;
  readonly reusedFrom: { readonly run: string; readonly step: string } | null;
  /** The most recent one that this could have been a copy of; null where there is none. */
  readonly earlier: EarlierStep | null;
  readonly error: ErrorRecord | null;
}

/** One sentence on why a step is in its state, and where it did its own work, why no earlier result was taken. */
export function explainStep(facts: StepFacts): string {
  const { state, error, reusedFrom, key, jobs } = facts;
  switch (state) {
    case "blocked": {
      const open = facts.needs.filter((need) => need.state !== "succeeded" && need.state !== "reused");
      return `waits for ${list(open.map((need) => `${need.name} (${need.state})`)) || "the dispatcher"}.`;
    }
    case "ready":
      return "its inputs are there; the dispatcher will look for an earlier result or start it.";
    case "reused": {
      const from = reusedFrom === null ? "an earlier run" : `${reusedFrom.run}`;
      const id = key === null ? "" : ` (key ${key.slice(0, 12)})`;
      return `taken from ${from}, which did it with the same settings and inputs${id}.`;
    }
    case "running":
      return `${jobs.succeeded} of ${jobs.total} jobs done, ${jobs.open} at work, ${jobs.waiting} waiting; ${whyNotReused(facts)}.`;
    case "succeeded":
      return `done in ${jobs.total === 1 ? "1 job" : `${jobs.total} jobs`}; ${whyNotReused(facts)}.`;
    case "failed":
      return `failed: ${error?.message ?? "no reason was recorded"}${end(error)}`;
    case "cancelled":
      return `not done: ${error?.message ?? "the run was cancelled"}${end(error)}`;
  }
}

function whyNotReused({ reuseAllowed, step, inputs, earlier }: StepFacts): string {
  if (!reuseAllowed) return "not reused because the run's policy has reuse switched off";
  if (earlier === null) return `not reused because no earlier run has a result of ${step.job}`;
  const changed = stepDifferences(earlier.step, step).map(say);
  const moved = step.needs.filter((need) => inputs[need] !== earlier.inputs[need]);
  const reasons = [...changed, ...(moved.length > 0 ? [`another output of ${list(moved)}`] : [])];
  if (reasons.length === 0) return `not reused because ${earlier.run} left no whole result of it`;
  return `not reused because of ${list(shorten(reasons))} since ${earlier.run}`;
}

const MAX_REASONS = 3;
const shorten = (reasons: readonly string[]): string[] =>
  reasons.length <= MAX_REASONS
    ? [...reasons]
    : [...reasons.slice(0, MAX_REASONS), `${reasons.length - MAX_REASONS} more differences`];

function say({ path, from, to }: Difference): string {
  if (path === "content") return "other content of the sources";
  const [before, after] = [brief(from), brief(to)];
  return `${path} (${before} then, ${after} now)`;
}

function brief(value: Difference["from"]): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}…`;
}

interface Wanted {
  readonly estimateMicroUsd: number;
  /** Whether that is what takes it to its first checkpoint, and not all that it may cost. Left out: all. */
  readonly isLeast?: boolean;
}

export interface WaitFacts {
  readonly state: JobState;
  readonly now: Date;
  /** Not before this time, for parked jobs and retries. */
  readonly notBefore: Date | null;
  /** Of the last attempt, when it failed. */
  readonly error: ErrorRecord | null;
  readonly attemptsSpent: number;
  readonly maxAttempts: number;
  readonly queue: string;
  /** Workers that take from the queue; null when not known. */
  readonly workers: number | null;
  readonly run: { readonly cancelRequested: boolean };
  /** Set when the run's budget has no room for the job. */
  readonly budget: ({ readonly remainingMicroUsd: number } & Wanted) | null;
  /** Set when a ceiling has no room for it. */
  readonly ceiling: ({ readonly limit: SpendingLimit } & Wanted) | null;
  readonly project: { readonly name: string; readonly open: number; readonly cap: number };
  readonly window: { readonly open: number; readonly size: number };
  /** Jobs of the project that are served before this one; null when not known. */
  readonly ahead: number | null;
}

/** One sentence on why a job does not run now; null while it runs and when it has ended. */
export function explainWait(facts: WaitFacts): string | null {
  const { state, budget, ceiling, project, window, queue } = facts;
  if (state !== "waiting" && state !== "released" && state !== "parked") return null;
  if (facts.run.cancelRequested) {
    return state === "waiting"
      ? "the run is being cancelled."
      : `the run is being cancelled: a worker of queue ${queue} ends what the job left at work elsewhere.`;
  }
  const retry =
    facts.error === null
      ? ""
      : ` after attempt ${facts.attemptsSpent} of ${facts.maxAttempts} failed: ${facts.error.message}`;
  if (facts.notBefore !== null && facts.notBefore > facts.now) {
    const seconds = Math.ceil((facts.notBefore.getTime() - facts.now.getTime()) / 1000);
    return state === "parked" && facts.error === null
      ? `parked until its next turn in ${seconds} s.`
      : `comes back in ${seconds} s${retry}${end(facts.error)}`;
  }
  if (state !== "waiting") {
    if (facts.workers === 0) return `in queue ${queue}, from which no worker takes jobs: start one.`;
    return `in queue ${queue}, next when a worker is free.`;
  }
  if (budget !== null) {
    const left = formatMicroUsd(Math.max(0, budget.remainingMicroUsd));
    return `${sayWanted(budget)} and the run's budget has ${left} left.`;
  }
  if (ceiling !== null) {
    return `${sayWanted(ceiling)}, for which ${sayLimit(ceiling.limit)} has no room: ${sayUse(ceiling.limit)}.`;
  }
  if (project.open >= project.cap)
    return `project ${project.name} has ${project.open} jobs at work in queue ${queue}, its limit.`;
  const turn = facts.ahead === null || facts.ahead === 0 ? "" : `; ${facts.ahead} jobs of the project come first`;
  if (window.open >= window.size) return `queue ${queue} is full with ${window.open} jobs${turn}.`;
  return `will be released at the next look of the dispatcher${turn}.`;
}

const sayWanted = ({ estimateMicroUsd, isLeast = false }: Wanted): string =>
  isLeast
    ? `needs ${formatMicroUsd(estimateMicroUsd)} to come to a checkpoint`
    : `may cost ${formatMicroUsd(estimateMicroUsd)}`;

const end = (error: ErrorRecord | null): string => (error?.message.endsWith(".") ? "" : ".");

function list(words: readonly string[]): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

import type { ErrorRecord, RunPolicy, RunState, SpendingLimit, StepState } from "@loramill/contracts";

/** Counts of a step's jobs by what they mean for the step; they add up to `total`. */
export interface JobTally {
  readonly total: number;
  /** Released, active or parked: they end by themselves. */
  readonly open: number;
  /** Not yet in a queue. */
  readonly waiting: number;
  readonly succeeded: number;
  /** Failed or quarantined. */
  readonly failed: number;
  readonly cancelled: number;
}

export interface StepSnapshot {
  readonly name: string;
  readonly state: StepState;
  readonly needs: readonly string[];
  readonly jobs: JobTally;
  /** Of the step, or of the first of its jobs that failed. */
  readonly error?: ErrorRecord | null;
}

export interface BudgetSnapshot {
  /** The run's limit; null without one. */
  readonly microUsd: number | null;
  readonly spent: number;
  /** Sum of the estimates of the jobs that are open. */
  readonly reserved: number;
  /** Whether the last release round named the run in `blockedRuns`: none of its waiting jobs fits. */
  readonly blocked: boolean;
  /** The ceiling that has no room for them; left out where it is the run's own limit. */
  readonly blockedBy?: SpendingLimit;
}

/** What `advanceRun` looks at, read in one transaction. Steps in any order. */
export interface RunSnapshot {
  readonly state: RunState;
  readonly cancelRequested: boolean;
  readonly policy: RunPolicy;
  /** When the run was to be done, once that has passed. */
  readonly missedDeadline: Date | null;
  readonly budget: BudgetSnapshot;
  readonly steps: readonly StepSnapshot[];
}

/**
 * One write, in the words of the state machines. `jobs` cancels the step's waiting jobs and asks its open ones to stop;
 * it is said again at every look until they have, and harmless to repeat.
 */
export type RunDecision =
  | { readonly target: "run"; readonly event: "start" | "succeed" }
  | { readonly target: "run"; readonly event: "fail" | "cancel" | "exhaust"; readonly error: ErrorRecord }
  | { readonly target: "step"; readonly step: string; readonly event: "unblock" }
  /** `complete: false`: some jobs failed, so the output lacks their items and must not be kept for reuse by its key. */
  | { readonly target: "step"; readonly step: string; readonly event: "succeed"; readonly complete: boolean }
  | { readonly target: "step"; readonly step: string; readonly event: "fail" | "cancel"; readonly error: ErrorRecord }
  | { readonly target: "jobs"; readonly step: string; readonly event: "cancel"; readonly error: ErrorRecord };

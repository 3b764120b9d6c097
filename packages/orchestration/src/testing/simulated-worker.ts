import type { ErrorRecord, JobPolicy } from "@loramill/contracts";
import { decideRetry } from "../retry-policy.ts";
import { errorRecord } from "./fixtures.ts";
import { demand, type Job, type Run, type Step } from "./simulated-run.ts";

/** Chances of what becomes of a turn; the rest succeeds. */
export interface TurnChances {
  readonly park: number;
  readonly transient: number;
  readonly user: number;
  readonly loss: number;
}

const POLICY: JobPolicy = {
  attempts: 3,
  backoffMs: 1_000,
  maxBackoffMs: 8_000,
  turnTimeoutMs: 1_000,
  maxLostWorkers: 2,
};
/** A parked turn comes again within this many milliseconds. */
const LONGEST_PARK_MS = 3_000;

interface Turn {
  readonly run: Run;
  readonly step: Step;
  readonly job: Job;
  readonly chances: TurnChances;
  readonly now: Date;
  readonly random: () => number;
}

/** One look at an open job: perhaps a worker claims it, perhaps its turn ends. */
export function turn({ run, step, job, chances, now, random }: Turn): void {
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
    job.due = now.getTime() + random() * LONGEST_PARK_MS;
  } else if (drawn < (transient ?? 0)) settle({ run, step, job, now, random, error: errorRecord() });
  else if (drawn < (user ?? 0))
    settle({ run, step, job, now, random, error: errorRecord({ class: "user", code: "bad" }) });
  else {
    run.spent += job.estimateMicroUsd;
    job.state = demand("job", job.state, "succeed");
  }
}

function settle({ step, job, now, random, error }: Omit<Turn, "chances"> & { readonly error: ErrorRecord }): void {
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

import type { ErrorRecord, JobPolicy, PolicyCode } from "@loramill/contracts";

export type RetryDecision =
  | { readonly kind: "retry"; readonly until: Date; readonly spendsAttempt: boolean }
  | { readonly kind: "fail" }
  | { readonly kind: "quarantine" };

export interface RetryQuestion {
  readonly error: ErrorRecord;
  readonly policy: JobPolicy;
  /** Attempts spent before the one that failed. */
  readonly attemptsSpent: number;
  /** Workers lost on this job, this one included; left out where it is not known, and then a loss spends an attempt. */
  readonly workersLost?: number | undefined;
  readonly now: Date;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** No other side is trusted to park a job for longer than this. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

interface CodePolicy {
  /** Comes back without having spent an attempt, whatever the number of times. */
  readonly free?: true;
  /** First delay when the job's own is not meant for this; milliseconds. */
  readonly backoffMs?: number;
  /** At most this many attempts, when the job's policy has more. */
  readonly maxAttempts?: number;
  readonly quarantine?: true;
  readonly fail?: true;
}

/** What a code means, whatever the error's class. Codes that are not here follow the class. */
const CODES: Readonly<Record<PolicyCode, CodePolicy>> = {
  /** No machine is free: look again at leisure, nothing was tried. */
  capacity: { free: true, backoffMs: 30_000 },
  /** The machine was taken away: go on elsewhere from the last committed checkpoint. */
  preempted: { free: true },
  /** The worker is shutting down. */
  drained: { free: true, backoffMs: 0 },
  /** The processor tries with a smaller batch. */
  "out-of-memory": {},
  /** The processor goes back a checkpoint and halves the rate; what diverges twice diverges again. */
  diverged: { maxAttempts: 2 },
  timeout: {},
  "worker-lost": {},
  "poison-input": { quarantine: true },
  cancelled: { fail: true },
};

/**
 * What happens to a job whose attempt failed. Errors of class user and permanent fail at once; transient errors and
 * bugs come back after a capped exponential backoff with full jitter, and not before the Retry-After of the other side
 * (at most an hour). An input that kills its workers, or that a processor names as poison, is quarantined.
 */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { error, policy, attemptsSpent, workersLost } = question;
  const rule = Object.hasOwn(CODES, error.code) ? CODES[error.code as PolicyCode] : {};
  if (rule.quarantine) return { kind: "quarantine" };
  if (rule.fail) return { kind: "fail" };
  if (error.code === "worker-lost" && workersLost !== undefined) {
    if (workersLost > policy.maxLostWorkers) return { kind: "quarantine" };
    return { kind: "retry", until: retryAt(question, policy.backoffMs, workersLost - 1), spendsAttempt: false };
  }
  if (error.class === "user" || error.class === "permanent") return { kind: "fail" };
  const backoffMs = rule.backoffMs ?? policy.backoffMs;
  if (rule.free) return { kind: "retry", until: retryAt(question, backoffMs, attemptsSpent), spendsAttempt: false };
  const attempts = Math.min(policy.attempts, rule.maxAttempts ?? policy.attempts);
  if (attemptsSpent + 1 < attempts) {
    return { kind: "retry", until: retryAt(question, backoffMs, attemptsSpent), spendsAttempt: true };
  }
  return { kind: error.code === "worker-lost" ? "quarantine" : "fail" };
}

/**
 * Full jitter: anywhere between now and the capped delay, so that jobs that failed together do not come back together.
 * After a Retry-After the jitter is added, because coming earlier would be refused again.
 */
function retryAt({ error, policy, now, random }: RetryQuestion, backoffMs: number, earlier: number): Date {
  const capMs = Math.min(policy.maxBackoffMs, backoffMs * 2 ** Math.min(Math.max(0, earlier), 52));
  const jitterMs = random() * capMs;
  if (error.retryAfterMs === undefined) return new Date(now.getTime() + Math.floor(jitterMs));
  const waitMs = Math.min(MAX_RETRY_AFTER_MS, error.retryAfterMs);
  return new Date(now.getTime() + Math.ceil(Math.min(MAX_RETRY_AFTER_MS, waitMs + Math.min(jitterMs, waitMs / 10))));
}

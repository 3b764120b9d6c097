import type { JsonObject } from "../digest.ts";
import type { ErrorRecord } from "../errors.ts";
import type { JobId, ProjectId, RunId, StepId } from "../ids.ts";
import type { QueueName } from "../jobs/define-job.ts";
import type { JobOutput } from "../jobs/job-output.ts";
import type { MicroUsd } from "../money.ts";
import type { CatalogRecord, Charge } from "../records.ts";
import type { RunEventType } from "../run-events.ts";
import type { Allowance } from "./spending.ts";

/** What BullMQ carries: a reference and nothing else. The queue id is `<job>.<release>`. */
export interface Delivery {
  readonly job: JobId;
  /** Counts how often the dispatcher put the job into the queue; an older one is refused. */
  readonly release: number;
}

/** A job as its worker sees it: who it is, its input, and what was tried before. */
export interface Claim {
  readonly job: JobId;
  readonly name: string;
  readonly run: RunId;
  readonly step: StepId;
  readonly project: ProjectId;
  /** Raised by every claim; all writes of this worker are conditional on it. */
  readonly epoch: number;
  readonly input: unknown;
  /** Attempts spent before this one. */
  readonly attemptsSpent: number;
  readonly workersLost: number;
  /** What the last turn left when it parked; null on the first turn. */
  readonly turn: JsonObject | null;
  readonly cancelRequested: boolean;
  /** Whether its run does the plan of another one again. */
  readonly isReplay: boolean;
}

export type ClaimAnswer =
  | { readonly kind: "claimed"; readonly claim: Claim }
  /** Not to be worked on: an older release, a job that ended, or one the catalog does not know. */
  | { readonly kind: "refused"; readonly reason: "old-release" | "ended" | "unknown" };

interface Settled {
  readonly job: JobId;
  readonly epoch: number;
  readonly startedAt: Date;
  readonly endedAt: Date;
  /** What the attempt cost; written even when the outcome is refused, because it was spent. */
  readonly charges: readonly Charge[];
  /** Rows that appear together with the outcome or not at all. */
  readonly records: readonly CatalogRecord[];
}

export type Settlement = Settled &
  (
    | { readonly kind: "succeeded"; readonly output: JobOutput }
    /** Comes back by itself at `until` without having spent an attempt. */
    | { readonly kind: "parked"; readonly until: Date; readonly turn: JsonObject }
    /** Comes back at `until`; `spendsAttempt` says whether it counts, `turn` what it keeps. */
    | {
        readonly kind: "retrying";
        readonly until: Date;
        readonly error: ErrorRecord;
        readonly spendsAttempt: boolean;
        readonly turn: JsonObject | null;
      }
    | { readonly kind: "failed"; readonly error: ErrorRecord }
    | { readonly kind: "quarantined"; readonly error: ErrorRecord }
    | { readonly kind: "cancelled" }
    /** Given back by a draining worker: waits for a new release, nothing spent. */
    | { readonly kind: "recalled"; readonly turn: JsonObject | null }
  );

export interface SettleAnswer {
  /** `superseded` when the epoch is no longer current: charges are kept, the outcome is not. */
  readonly kind: "recorded" | "superseded";
  /**
   * Those of its charges that this very call has added. What a turn tells again (a mark that the ledger has) and what a
   * repeated settlement says is not among them: whoever counts money or seconds counts these.
   */
  readonly taken: readonly Charge[];
}

export interface Heartbeat {
  readonly job: JobId;
  readonly epoch: number;
  readonly progress?: JsonObject;
}

/** What a job wants to spend over what it was charged. */
export interface HoldRequest {
  readonly job: JobId;
  readonly epoch: number;
  readonly microUsd: MicroUsd;
  /** Of this turn, which the ledger does not have yet. */
  readonly charges: readonly Pick<Charge, "amountMicroUsd" | "mark">[];
  /** A refusal changes nothing; left out, the job's next release has to have room for what it was refused. */
  readonly isTentative?: boolean;
  /** The job needs no more than that from now on: what is set aside beyond it is given back. */
  readonly isAll?: boolean;
}

/** `superseded`: another worker has claimed the job since; stop, nothing of yours will be taken. */
export type HeartbeatVerdict = "continue" | "cancel" | "superseded";

export interface RunEventInput {
  readonly run: RunId;
  readonly step?: StepId;
  readonly job?: JobId;
  readonly type: RunEventType;
  readonly data: JsonObject;
}

/**
 * The catalog as the queue layer needs it. All methods may be called concurrently and often: the implementation batches
 * them into few statements.
 */
export interface JobLedger {
  claim(delivery: Delivery & { readonly worker: string; readonly queue: QueueName }): Promise<ClaimAnswer>;
  settle(settlement: Settlement): Promise<SettleAnswer>;
  heartbeat(beats: readonly Heartbeat[]): Promise<Map<JobId, HeartbeatVerdict>>;
  /** Sets money aside for a job, or says which limit has no room. A job of another worker by now gets nothing. */
  hold(request: HoldRequest): Promise<Allowance>;
  /** A delivery that cannot be understood; kept for a person to look at. */
  quarantineDelivery(entry: { queue: QueueName; queueId: string; payload: string; reason: string }): Promise<void>;
  emit(event: RunEventInput): Promise<void>;
}

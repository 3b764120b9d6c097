import type { ErrorRecord, JobId, MicroUsd, QueueName, RunId } from "@loramill/contracts";

export type TurnEventType =
  | "started"
  | "succeeded"
  | "parked"
  | "retried"
  | "failed"
  | "quarantined"
  | "cancelled"
  | "recalled"
  | "superseded"
  /** The outcome could not be written before the lock was lost; the job will be done again. */
  | "abandoned";

/** What a worker says about a turn, as plain data: telemetry makes log lines and metrics of it. */
export interface TurnEvent {
  readonly type: TurnEventType;
  readonly queue: QueueName;
  /** Name of the job definition; `unknown` for a delivery that could not be read. */
  readonly name: string;
  readonly job: JobId | null;
  readonly run: RunId | null;
  readonly epoch: number;
  readonly attemptsSpent: number;
  /** From the due time to the start of the turn; null when it is not known (parked turns). */
  readonly waitMs: number | null;
  /** From the claim to the settlement; 0 for `started`. */
  readonly durationMs: number;
  /**
   * What the ledger took of the turn's charges: 0 for `started`, and without what a turn before it was charged already. Of a
   * settlement whose answer was lost, nothing is known and 0 is told; the ledger has it.
   */
  readonly costMicroUsd: MicroUsd;
  readonly error: ErrorRecord | null;
}

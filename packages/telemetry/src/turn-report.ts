import type { ErrorRecord, MicroUsd } from "@loramill/contracts";

/** What telemetry needs to know about a turn; the events of the queue package fit it. */
export interface TurnReport {
  /** `started`, or the outcome of a turn that ended: `succeeded`, `parked`, `failed` … */
  readonly type: string;
  readonly queue: string;
  /** Name of the job's definition. */
  readonly name: string;
  readonly job: string | null;
  readonly run: string | null;
  readonly epoch: number;
  readonly attemptsSpent: number;
  readonly waitMs: number | null;
  readonly durationMs: number;
  /** What the ledger took of it: charges that it had already are not counted again. */
  readonly costMicroUsd: MicroUsd;
  readonly error: Pick<ErrorRecord, "class" | "code" | "message"> | null;
}

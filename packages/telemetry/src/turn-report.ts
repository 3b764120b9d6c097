import { type ErrorRecord, formatMicroUsd, type JsonObject, type Logger, type MicroUsd } from "@loramill/contracts";
import type { Metrics } from "./metrics.ts";

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
  readonly costMicroUsd: MicroUsd;
  readonly error: Pick<ErrorRecord, "class" | "code" | "message"> | null;
}

const severity: Record<string, "debug" | "warn" | "error"> = {
  started: "debug",
  parked: "debug",
  retried: "warn",
  superseded: "warn",
  abandoned: "warn",
  failed: "error",
  quarantined: "error",
};

/** Turns each report into metrics and one summary line; a bug is an error whatever its outcome. */
export function createTurnObserver(options: { log: Logger; metrics: Metrics }): (turn: TurnReport) => void {
  return (turn) => {
    options.metrics.observeTurn(turn);
    const { type, queue, name, job, run, epoch, attemptsSpent, waitMs, durationMs, costMicroUsd, error } = turn;
    const details: JsonObject = {
      ...{ queue, name, job, run, epoch, attemptsSpent, waitMs, durationMs: Math.round(durationMs) },
      outcome: type,
      ...(costMicroUsd > 0 ? { cost: formatMicroUsd(costMicroUsd) } : {}),
      ...(error ? { class: error.class, code: error.code, error: error.message } : {}),
    };
    const level = error?.class === "bug" ? "error" : (severity[type] ?? "info");
    options.log[level](details, type === "started" ? `${name} started` : `${name} ${type}`);
  };
}

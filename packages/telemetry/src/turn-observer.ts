import { formatMicroUsd, type JsonObject, type Logger } from "@loramill/contracts";
import type { Metrics } from "./metrics.ts";
import type { TurnReport } from "./turn-report.ts";

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

import { Counter, type Registry } from "prom-client";

const ACTIONS = ["cancel", "resume", "priority"] as const;

/** What changes of many runs at once have done. */
export interface BulkMetrics {
  /** Told of each that was applied: runs that were changed, and those that had moved on since they were shown. */
  observe(change: {
    readonly action: (typeof ACTIONS)[number];
    readonly changed: number;
    readonly skipped: number;
  }): void;
}

export function createBulkMetrics({ registry }: { readonly registry: Registry }): BulkMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `loramill_${name}`, help, labelNames, registers: [registry] });
  const changes = counter("bulk_changes_total", "Changes of many runs that were applied", ["action"]);
  const runs = counter("bulk_change_runs_total", "Runs that they changed, or left because they had moved on", [
    "action",
    "outcome",
  ]);
  // What has never happened shows as 0, so that its first time counts.
  for (const action of ACTIONS) {
    changes.inc({ action }, 0);
    for (const outcome of ["changed", "skipped"]) runs.inc({ action, outcome }, 0);
  }
  return {
    observe({ action, changed, skipped }) {
      changes.inc({ action });
      runs.inc({ action, outcome: "changed" }, changed);
      runs.inc({ action, outcome: "skipped" }, skipped);
    },
  };
}

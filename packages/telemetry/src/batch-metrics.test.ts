import { expect, it } from "vitest";
import { createBatchMetrics, createMemberMetrics } from "./batch-metrics.ts";
import { createBulkMetrics } from "./bulk-metrics.ts";
import { createMetrics } from "./metrics.ts";

const linesOf = async (metrics: ReturnType<typeof createMetrics>, start: string) =>
  (await metrics.render()).split("\n").filter((line) => line.startsWith(start) && !line.includes("_bucket"));

it("counts how batches end, and tells how much of them is open", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const batches = createBatchMetrics(metrics);
  batches.ended("failed");
  batches.stopped();
  batches.setOpen({ open: 2, waiting: 480 });
  expect(await linesOf(metrics, "loramill_batch")).toEqual([
    'loramill_batches_ended_total{state="succeeded"} 0',
    'loramill_batches_ended_total{state="failed"} 1',
    'loramill_batches_ended_total{state="cancelled"} 0',
    "loramill_batches_stopped_total 1",
    "loramill_batches_open 2",
    "loramill_batch_members_waiting 480",
  ]);
});

it("counts what comes of planning the runs of batches, and times those that are planned", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const { observe } = createMemberMetrics(metrics);
  observe({ outcome: "retry", seconds: 30 });
  observe({ outcome: "planned", seconds: 0.5 });
  observe({ outcome: "planned", seconds: 0.25 });
  expect(await linesOf(metrics, "loramill_batch_member")).toEqual([
    'loramill_batch_members_total{outcome="planned"} 2',
    'loramill_batch_members_total{outcome="refused"} 0',
    'loramill_batch_members_total{outcome="retry"} 1',
    "loramill_batch_member_planning_seconds_sum 0.75",
    "loramill_batch_member_planning_seconds_count 2",
  ]);
});

it("counts changes of many runs, the runs they changed, and those that had moved on", async () => {
  const metrics = createMetrics({ processMetrics: false });
  createBulkMetrics(metrics).observe({ action: "cancel", changed: 37, skipped: 2 });
  const lines = await linesOf(metrics, "loramill_bulk");
  expect(lines).toContain('loramill_bulk_changes_total{action="cancel"} 1');
  expect(lines).toContain('loramill_bulk_change_runs_total{action="cancel",outcome="changed"} 37');
  expect(lines).toContain('loramill_bulk_change_runs_total{action="cancel",outcome="skipped"} 2');
  expect(lines).toContain('loramill_bulk_changes_total{action="resume"} 0');
});

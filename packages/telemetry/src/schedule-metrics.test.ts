import { expect, it } from "vitest";
import { createMetrics } from "./metrics.ts";
import { createScheduleMetrics } from "./schedule-metrics.ts";

it("counts the fires of a process whoever tells of them, and how late those were that started a run", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const [dispatcher, api] = [createScheduleMetrics(metrics), createScheduleMetrics(metrics)];
  dispatcher.observe({ outcome: "missed", lateSeconds: 9_000 });
  api.observe({ outcome: "started", lateSeconds: 3 });
  api.observe({ outcome: "started", lateSeconds: 40 });
  const lines = (await metrics.render()).split("\n").filter((line) => /^loramill_fire/.test(line));
  expect(lines).toContain('loramill_fires_total{outcome="missed"} 1');
  expect(lines).toContain('loramill_fires_total{outcome="started"} 2');
  expect(lines).toContain('loramill_fires_total{outcome="failed"} 0');
  expect(lines).toContain("loramill_fire_lateness_seconds_sum 43");
  expect(lines).toContain('loramill_fire_lateness_seconds_bucket{le="5"} 1');
});

import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { createTurnObserver } from "./turn-observer.ts";
import type { TurnReport } from "./turn-report.ts";

const turn: TurnReport = {
  type: "succeeded",
  queue: "caption",
  name: "caption-images",
  job: "job_1",
  run: "run_1",
  epoch: 1,
  attemptsSpent: 0,
  waitMs: 40,
  durationMs: 1_500,
  costMicroUsd: 12_300,
  error: null,
};

async function lines(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.render();
  return text.split("\n").filter((line) => line.startsWith(name));
}

test("turns are counted and timed by queue, job and outcome", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.observeTurn(turn);
  metrics.observeTurn({ ...turn, type: "failed", error: { class: "user", code: "bad-image", message: "no" } });
  expect(await lines(metrics, "loramill_turns_total")).toEqual([
    'loramill_turns_total{queue="caption",job="caption-images",outcome="succeeded"} 1',
    'loramill_turns_total{queue="caption",job="caption-images",outcome="failed"} 1',
  ]);
  expect(await lines(metrics, "loramill_turn_duration_seconds_sum")).toContain(
    'loramill_turn_duration_seconds_sum{queue="caption",job="caption-images",outcome="succeeded"} 1.5',
  );
  expect(await lines(metrics, "loramill_turn_errors_total")).toEqual([
    'loramill_turn_errors_total{queue="caption",job="caption-images",class="user",code="bad-image"} 1',
  ]);
});

test("waits are taken at the start, when they are known", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.observeTurn({ ...turn, type: "started" });
  metrics.observeTurn({ ...turn, type: "started", waitMs: null });
  expect(await lines(metrics, "loramill_queue_wait_seconds_count")).toEqual([
    'loramill_queue_wait_seconds_count{queue="caption",job="caption-images"} 1',
  ]);
});

test("active turns rise at the start, fall at the end, and never below zero", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const active = async (): Promise<string[]> => await lines(metrics, "loramill_active_turns");
  metrics.observeTurn({ ...turn, type: "started" });
  metrics.observeTurn({ ...turn, type: "started" });
  expect(await active()).toEqual(['loramill_active_turns{queue="caption"} 2']);
  for (const type of ["parked", "succeeded", "quarantined"]) metrics.observeTurn({ ...turn, type });
  expect(await active()).toEqual(['loramill_active_turns{queue="caption"} 0']);
});

test("money is in dollars, and failed turns cost too", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.observeTurn(turn);
  metrics.observeTurn({ ...turn, type: "failed", costMicroUsd: 1_000_000 });
  const [line] = await lines(metrics, "loramill_cost_usd_total");
  expect(Number(line?.split(" ").at(-1))).toBeCloseTo(1.0123, 9);
});

test("GPU and CPU seconds are counted by supplier, models of one supplier together", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.observeCharge({ supplier: "replicate:flux", quantity: 30, unit: "gpu-second" });
  metrics.observeCharge({ supplier: "replicate:sdxl", quantity: 12.5, unit: "gpu-second" });
  metrics.observeCharge({ supplier: "pocket", quantity: 9, unit: "cpu-second" });
  metrics.observeCharge({ supplier: "openai:x", quantity: 900, unit: "token" });
  expect(await lines(metrics, "loramill_gpu_seconds_total")).toEqual([
    'loramill_gpu_seconds_total{supplier="replicate"} 42.5',
  ]);
  expect(await lines(metrics, "loramill_cpu_seconds_total")).toEqual([
    'loramill_cpu_seconds_total{supplier="pocket"} 9',
  ]);
});

test("a new backlog replaces the old one, queues that emptied included", async () => {
  const metrics = createMetrics({ processMetrics: false });
  metrics.setBacklog([{ queue: "train", jobs: { waiting: 4 }, oldestWaitSeconds: 9, lostWorkers: 1 }]);
  metrics.setBacklog([{ queue: "caption", jobs: { parked: 2 }, oldestWaitSeconds: 7, lostWorkers: 3 }]);
  expect(await lines(metrics, "loramill_oldest_wait_seconds")).toEqual([
    'loramill_oldest_wait_seconds{queue="caption"} 7',
  ]);
  expect(await lines(metrics, "loramill_lost_workers")).toEqual(['loramill_lost_workers{queue="caption"} 3']);
  expect(await lines(metrics, "loramill_backlog_jobs")).toEqual([
    'loramill_backlog_jobs{queue="caption",state="parked"} 2',
  ]);
});

test("a watched number is read at each look", async () => {
  const metrics = createMetrics({ processMetrics: false });
  let leads = 0;
  metrics.watch({ name: "loramill_dispatcher_leads", help: "whether it leads", read: () => leads });
  expect(await lines(metrics, "loramill_dispatcher_leads")).toEqual(["loramill_dispatcher_leads 0"]);
  leads = 1;
  expect(await lines(metrics, "loramill_dispatcher_leads")).toEqual(["loramill_dispatcher_leads 1"]);
});

test("events of runs are counted by type; two registries do not know one another", async () => {
  const [one, two] = [createMetrics({ processMetrics: false }), createMetrics({ processMetrics: false })];
  one.observeRunEvent("step.succeeded");
  expect(await lines(one, "loramill_run_events_total")).toContain('loramill_run_events_total{type="step.succeeded"} 1');
  expect((await lines(two, "loramill_run_events_total")).filter((line) => !line.endsWith(" 0"))).toEqual([]);
});

test("process metrics are there unless left out", async () => {
  expect(await lines(createMetrics(), "process_cpu_seconds_total")).toHaveLength(1);
});

test("the observer counts each turn and writes one line at the level of its outcome", async () => {
  const written: unknown[][] = [];
  const say = (level: string) => (details: object, message: string) => void written.push([level, message, details]);
  const log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  const metrics = createMetrics({ processMetrics: false });
  const observe = createTurnObserver({ log, metrics });
  observe({ ...turn, type: "started" });
  observe(turn);
  observe({ ...turn, type: "retried", error: { class: "transient", code: "timeout", message: "slow" } });
  observe({ ...turn, type: "retried", error: { class: "bug", code: "unexpected", message: "oops" } });
  expect(written.map(([level, message]) => `${level} ${message}`)).toEqual([
    "debug caption-images started",
    "info caption-images succeeded",
    "warn caption-images retried",
    "error caption-images retried",
  ]);
  expect(written[1]?.[2]).toMatchObject({
    run: "run_1",
    job: "job_1",
    outcome: "succeeded",
    durationMs: 1_500,
    cost: "$0.0123",
  });
  expect(await lines(metrics, "loramill_turns_total")).toHaveLength(2);
});

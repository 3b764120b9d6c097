import { type Charge, machines } from "@loramill/contracts";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { TurnReport } from "./turn-report.ts";

/** The work of one queue, as the dispatcher counts it in the catalog. */
export interface BacklogRow {
  readonly queue: string;
  /** By state. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly oldestWaitSeconds: number;
  /** How often the jobs that are open now have lost their worker. */
  readonly lostWorkers: number;
}

/** A number that its owner knows at any time, such as whether it leads. */
export interface WatchedNumber {
  readonly name: `loramill_${string}`;
  readonly help: string;
  readonly read: () => number;
}

/** The numbers of one process. Made in main and passed down; labels are closed sets, never ids. */
export interface Metrics {
  /** For counters of an app's own. */
  readonly registry: Registry;
  observeTurn(turn: TurnReport): void;
  /** One charge that the ledger took: seconds of GPU and CPU, by supplier. Money is counted by `observeTurn`. */
  observeCharge(charge: Pick<Charge, "supplier" | "quantity" | "unit">): void;
  /** An event of a run, as the catalog records it. */
  observeRunEvent(type: string): void;
  /** Replaces the whole backlog: what is absent is gone, not zero. */
  setBacklog(rows: readonly BacklogRow[]): void;
  /** Adds a gauge that is read whenever the metrics are. */
  watch(number: WatchedNumber): void;
  /** Prometheus text. */
  render(): Promise<string>;
}

// From a cached caption (milliseconds) to the longest turn (ten minutes).
const SECONDS = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150, 300, 600];
const MICRO_USD_PER_USD = 1_000_000;

/** Creates the registry and every metric of the job layer; `processMetrics: false` leaves out CPU, memory and loop lag. */
export function createMetrics(options: { processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });

  const turns = new Counter({
    name: "loramill_turns_total",
    help: "Turns of jobs that ended, by outcome",
    labelNames: ["queue", "job", "outcome"],
    registers,
  });
  const turnSeconds = new Histogram({
    name: "loramill_turn_duration_seconds",
    help: "From the claim of a turn to its settlement",
    labelNames: ["queue", "job", "outcome"],
    buckets: SECONDS,
    registers,
  });
  const waitSeconds = new Histogram({
    name: "loramill_queue_wait_seconds",
    help: "From the time a job was due to the start of its turn",
    labelNames: ["queue", "job"],
    buckets: SECONDS,
    registers,
  });
  const active = new Gauge({
    name: "loramill_active_turns",
    help: "Turns being worked on by this process",
    labelNames: ["queue"],
    registers,
  });
  const errors = new Counter({
    name: "loramill_turn_errors_total",
    help: "Turns that ended with an error, by who must act and by its code",
    labelNames: ["queue", "job", "class", "code"],
    registers,
  });
  const usd = new Counter({
    name: "loramill_cost_usd_total",
    help: "What the ledger took of turns in US dollars, failed ones included",
    labelNames: ["queue", "job"],
    registers,
  });
  const gpuSeconds = new Counter({
    name: "loramill_gpu_seconds_total",
    help: "Seconds of GPU used by jobs, as the ledger took them",
    labelNames: ["supplier"],
    registers,
  });
  const cpuSeconds = new Counter({
    name: "loramill_cpu_seconds_total",
    help: "Seconds of CPU used by jobs",
    labelNames: ["supplier"],
    registers,
  });
  const runEvents = new Counter({
    name: "loramill_run_events_total",
    help: "Events of runs as the catalog records them",
    labelNames: ["type"],
    registers,
  });
  // What has never happened shows as 0, so that its first time counts.
  for (const event of new Set(Object.values(machines.run).flatMap((events) => Object.keys(events)))) {
    runEvents.inc({ type: `run.${event}` }, 0);
  }
  const backlog = new Gauge({
    name: "loramill_backlog_jobs",
    help: "Jobs in the catalog that have not ended",
    labelNames: ["queue", "state"],
    registers,
  });
  const oldestWait = new Gauge({
    name: "loramill_oldest_wait_seconds",
    help: "How long the job that waits longest in a queue has waited",
    labelNames: ["queue"],
    registers,
  });
  const lostWorkers = new Gauge({
    name: "loramill_lost_workers",
    help: "How often the jobs that are open now have lost their worker",
    labelNames: ["queue"],
    registers,
  });
  const running = new Map<string, number>();
  const count = (queue: string, change: 1 | -1): void => {
    // A turn whose start was not seen (an unreadable delivery) must not take the gauge below zero.
    const next = Math.max(0, (running.get(queue) ?? 0) + change);
    running.set(queue, next);
    active.set({ queue }, next);
  };

  return {
    registry,
    observeTurn: ({ type, queue, name: job, waitMs, durationMs, costMicroUsd, error }) => {
      if (type === "started") {
        count(queue, 1);
        if (waitMs !== null) waitSeconds.observe({ queue, job }, waitMs / 1_000);
        return;
      }
      count(queue, -1);
      turns.inc({ queue, job, outcome: type });
      turnSeconds.observe({ queue, job, outcome: type }, durationMs / 1_000);
      if (error) errors.inc({ queue, job, class: error.class, code: error.code });
      if (costMicroUsd > 0) usd.inc({ queue, job }, costMicroUsd / MICRO_USD_PER_USD);
    },
    observeCharge: ({ supplier, quantity, unit }) => {
      const label = { supplier: supplier.split(":")[0] ?? supplier }; // `openai:model` would make a label of each model
      if (unit === "gpu-second") gpuSeconds.inc(label, quantity);
      if (unit === "cpu-second") cpuSeconds.inc(label, quantity);
    },
    observeRunEvent: (type) => runEvents.inc({ type }),
    setBacklog: (rows) => {
      for (const gauge of [backlog, oldestWait, lostWorkers]) gauge.reset();
      for (const row of rows) {
        const { queue } = row;
        for (const [state, jobs] of Object.entries(row.jobs)) backlog.set({ queue, state }, jobs);
        oldestWait.set({ queue }, row.oldestWaitSeconds);
        lostWorkers.set({ queue }, row.lostWorkers);
      }
    },
    watch: ({ name, help, read }) => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    render: () => registry.metrics(),
  };
}

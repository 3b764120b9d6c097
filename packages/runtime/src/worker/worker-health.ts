import type { QueueWorker, WorkerHealth } from "@loramill/queue";
import type { HealthReport } from "@loramill/telemetry";

type Watched = Pick<QueueWorker, "queue" | "health">;

/** Without contact for this long a worker takes no new work; milliseconds. */
const READY_WITHIN_MS = 30_000;
/** Connected and yet without contact for this long it is stuck, and only a new process helps; milliseconds. */
const LIVE_WITHIN_MS = 120_000;

/** Ready means progress: every worker has lately looked for work, and the catalog has answered its heartbeats. */
export function workersReady(workers: readonly Watched[]): HealthReport {
  if (workers.length === 0) return { ok: false, details: { reason: "starting" } };
  return reportOf(workers, whyNotReady);
}

/** Alive unless stuck: a lost queue or catalog comes back by itself, and a restart would not bring it. */
export function workersLive(workers: readonly Watched[]): HealthReport {
  return reportOf(workers, ({ connected, draining, contactAgeMs }) =>
    connected && !draining && contactAgeMs > LIVE_WITHIN_MS
      ? `stuck: connected, and no contact with the queue for ${seconds(contactAgeMs)}`
      : null,
  );
}

/** What keeps workers from being ready, a sentence each; empty when all are. */
export function workerProblems(workers: readonly Watched[]): string[] {
  return workers.flatMap(({ queue, health }) => {
    const problem = whyNotReady(health());
    return problem === null ? [] : [`worker of queue ${queue}: ${problem}`];
  });
}

function whyNotReady({ draining, connected, contactAgeMs, heartbeatAgeMs }: WorkerHealth): string | null {
  if (draining) return "shutting down";
  if (!connected) return "the queue is out of reach";
  if (contactAgeMs > READY_WITHIN_MS) return `no contact with the queue for ${seconds(contactAgeMs)}`;
  if (heartbeatAgeMs !== null && heartbeatAgeMs > READY_WITHIN_MS) {
    return `no answer of the catalog for ${seconds(heartbeatAgeMs)}`;
  }
  return null;
}

function reportOf(workers: readonly Watched[], problemOf: (health: WorkerHealth) => string | null): HealthReport {
  const found = workers.map(({ queue, health }) => {
    const now = health();
    return { queue, turns: now.activeTurns, problem: problemOf(now) };
  });
  return {
    ok: found.every(({ problem }) => problem === null),
    details: Object.fromEntries(found.map(({ queue, turns, problem }) => [queue, problem ?? `ok, ${turns} turns`])),
  };
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;

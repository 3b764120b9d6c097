import type { QueueWorker, WorkerHealth } from "@loramill/queue";
import type { HealthReport } from "@loramill/telemetry";

/** Without contact for this long a worker takes no new work; milliseconds. */
const READY_WITHIN_MS = 30_000;
/** Connected and yet without contact for this long it is stuck, and only a new process helps; milliseconds. */
const LIVE_WITHIN_MS = 120_000;

/** Ready means progress: each worker has lately looked for work, and the catalog has answered its heartbeats. */
export function workersReady(workers: readonly Pick<QueueWorker, "queue" | "health">[]): HealthReport {
  if (workers.length === 0) return { ok: false, details: { reason: "starting" } };
  return judge(workers, (health) => {
    if (health.draining) return "shutting down";
    if (!health.connected) return "the queue is out of reach";
    if (health.contactAgeMs > READY_WITHIN_MS) return `no contact with the queue for ${seconds(health.contactAgeMs)} s`;
    if ((health.heartbeatAgeMs ?? 0) > READY_WITHIN_MS)
      return `no answer of the catalog for ${seconds(health.heartbeatAgeMs ?? 0)} s`;
    return null;
  });
}

/** Alive unless stuck: a lost queue or catalog comes back by itself, and a restart would not bring it. */
export function workersLive(workers: readonly Pick<QueueWorker, "queue" | "health">[]): HealthReport {
  return judge(workers, (health) =>
    health.connected && !health.draining && health.contactAgeMs > LIVE_WITHIN_MS
      ? `stuck: connected, and no contact with the queue for ${seconds(health.contactAgeMs)} s`
      : null,
  );
}

function judge(
  workers: readonly Pick<QueueWorker, "queue" | "health">[],
  problemOf: (health: WorkerHealth) => string | null,
): HealthReport {
  const found = workers.map(({ queue, health }) => ({ queue, health: health() }));
  const problems = found.map(({ queue, health }) => ({ queue, problem: problemOf(health) }));
  return {
    ok: problems.every(({ problem }) => problem === null),
    details: Object.fromEntries(
      problems.map(({ queue, problem }, at) => [queue, problem ?? `ok, ${found[at]?.health.activeTurns ?? 0} turns`]),
    ),
  };
}

const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { type JobContext, type JobLedger, type Parked, PermanentError, type QueueName } from "@loramill/contracts";
import { createWorker, type Heartbeats, type Processors, type QueueWorker, startHeartbeats } from "@loramill/queue";
import { createTurnObserver, type Metrics } from "@loramill/telemetry";
import type { Fragments } from "../config/fragments.ts";
import type { ProcessContext } from "../process/run-process.ts";
import { asReplay } from "../services/fresh-memos.ts";
import type { Services } from "../services/open-services.ts";
import type { servicesConfig } from "../services/services-config.ts";
import type { AnyWorkerApp, WorkerContext } from "./define-worker.ts";
import { meterCharges } from "./meter-charges.ts";

export interface WorkersOptions {
  /** Of the process; its configuration holds `workersConfig` of the workers too. */
  readonly context: ProcessContext<typeof servicesConfig>;
  readonly services: Services;
  readonly metrics: Metrics;
}

type Loose = (input: unknown, deps: unknown, context: JobContext) => Promise<unknown>;

/**
 * Opens the workers' own parts and starts to take jobs from their queues. All of them share one heartbeat, and are closed
 * with the process: they drain before anything that they use is closed.
 */
export async function startWorkers(
  apps: readonly AnyWorkerApp[],
  { context, services, metrics }: WorkersOptions,
): Promise<readonly QueueWorker[]> {
  const { config, log, clock, opened } = context;
  const heartbeats = opened(
    "heartbeats",
    startHeartbeats({ ledger: services.catalog.ledger, clock, log, intervalMs: config.queue.heartbeatMs }),
    (started) => started.stop(),
  );
  const onEvent = createTurnObserver({ log, metrics });
  const ledger = meterCharges(services.catalog.ledger, metrics);
  const ready: { app: AnyWorkerApp; deps: unknown }[] = [];
  for (const app of apps) {
    checkConfig(app, config);
    const open = app.open as (context: WorkerContext<Fragments>) => Promise<unknown>;
    ready.push({ app, deps: await open({ ...context, services, metrics }) });
  }
  return ready.map(({ app, deps }) => {
    const worker = createWorker({ ...workerOptions(app, deps, { context, services, ledger, heartbeats }), onEvent });
    return opened(`worker of queue ${app.queue}`, worker, (started) => started.close());
  });
}

function checkConfig({ queue, config }: AnyWorkerApp, parsed: object): void {
  const missing = Object.keys(config).filter((name) => !Object.hasOwn(parsed, name));
  if (missing.length === 0) return;
  throw new PermanentError(`the ${queue} worker needs the configuration of ${missing.join(", ")}: add workersConfig`, {
    code: "missing-config",
  });
}

function workerOptions(
  app: AnyWorkerApp,
  deps: unknown,
  parts: Omit<WorkersOptions, "metrics"> & { readonly ledger: JobLedger; readonly heartbeats: Heartbeats },
) {
  const { context, services, ledger, heartbeats } = parts;
  const { clock, random, log } = context;
  const { concurrency, drainDeadlineMs, lockMs, stalledMs } = context.config.queue;
  return {
    queue: app.queue,
    processors: bind(app, deps),
    ledger,
    connection: services.queue,
    name: `${app.queue}@${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    ...{ concurrency, drainDeadlineMs, lockMs, stalledMs, heartbeats, clock, random, log },
  };
}

/** Gives every processor its ports, so that the queue layer sees functions of input and context. */
function bind({ processors }: AnyWorkerApp, deps: unknown): Processors<QueueName> {
  const bound = Object.entries(processors as Record<string, Loose>).map(([name, process]) => [
    name,
    (input: unknown, context: JobContext) => asReplay(context, () => process(input, deps, context)) as Promise<Parked>,
  ]);
  return Object.fromEntries(bound) as Processors<QueueName>;
}

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { QueueName } from "@loramill/contracts";
import {
  createWorker,
  type Heartbeats,
  type Processor,
  type Processors,
  type QueueWorker,
  startHeartbeats,
} from "@loramill/queue";
import { createTurnObserver, type Metrics } from "@loramill/telemetry";
import type { ConfigOf, Fragments } from "../config/fragments.ts";
import type { servicesConfig } from "../services/services-config.ts";
import type { WorkerApp, WorkerContext } from "./define-worker.ts";

export interface StartWorkerOptions<F extends Fragments> {
  readonly context: WorkerContext<F>;
  readonly queueConfig: ConfigOf<typeof servicesConfig>["queue"];
  readonly metrics: Metrics;
  /** Shared by the workers of a process. */
  readonly heartbeats: Heartbeats;
}

/** Opens a worker's own parts and starts to take jobs from its queue. Everything is closed with the process. */
export async function startWorker<Q extends QueueName, F extends Fragments, Deps>(
  app: WorkerApp<Q, F, Deps>,
  { context, queueConfig, metrics, heartbeats }: StartWorkerOptions<F>,
): Promise<QueueWorker> {
  const { services, log, clock, random, opened } = context;
  const deps = await app.open(context);
  const worker = createWorker({
    queue: app.queue,
    processors: bind(app, deps),
    ledger: services.catalog.ledger,
    connection: services.queue,
    concurrency: queueConfig.concurrency,
    name: `${app.queue}@${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    clock,
    random,
    log,
    onEvent: createTurnObserver({ log, metrics }),
    drainDeadlineMs: queueConfig.drainDeadlineMs,
    lockMs: queueConfig.lockMs,
    stalledMs: queueConfig.stalledMs,
    heartbeats,
  });
  return opened(`worker of queue ${app.queue}`, worker, (started) => started.close());
}

/** Gives every processor its ports, so that the queue layer sees functions of input and context. */
function bind<Q extends QueueName, F extends Fragments, Deps>(app: WorkerApp<Q, F, Deps>, deps: Deps): Processors<Q> {
  type Loose = (input: unknown, deps: Deps, context: Parameters<Processor<unknown, unknown>>[1]) => Promise<unknown>;
  const bound = Object.entries(app.processors as Record<string, Loose>).map(([name, process]): [string, unknown] => [
    name,
    (input: unknown, context: Parameters<Loose>[2]) => process(input, deps, context),
  ]);
  return Object.fromEntries(bound) as Processors<Q>;
}

/** The beats of a process's workers: one call to the catalog per interval, whatever the number of turns. */
export function openHeartbeats<F extends Fragments>(
  { services, clock, log, opened }: WorkerContext<F>,
  intervalMs: number,
): Heartbeats {
  const heartbeats = startHeartbeats({ ledger: services.catalog.ledger, clock, log, intervalMs });
  return opened("heartbeats", heartbeats, (started) => started.stop());
}

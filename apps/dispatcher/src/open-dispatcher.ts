import type { Clock, Logger } from "@loramill/contracts";
import { createProducer, type ProducerOptions } from "@loramill/queue";
import type { Services } from "@loramill/runtime";
import {
  createBatchMetrics,
  createQuoteMetrics,
  createScheduleMetrics,
  createSpendingMetrics,
  createWebhookMetrics,
  type Metrics,
} from "@loramill/telemetry";
import type { WebhookOptions } from "@loramill/webhooks";
import type { FleetPlanOptions } from "./fleet/fleet-config.ts";
import type { DispatcherOptions } from "./options.ts";
import { type Dispatcher, startDispatcher } from "./start-dispatcher.ts";
import { openWebhooks } from "./webhooks/open-webhooks.ts";

export interface DispatcherHost {
  readonly services: Services;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly options: Partial<DispatcherOptions>;
  readonly fleet: FleetPlanOptions | null;
  readonly webhooks: WebhookOptions;
  /** How long the queue keeps what has ended. */
  readonly retention: NonNullable<ProducerOptions["retention"]>;
  /** Takes what is to be closed when the process ends. */
  readonly opened: <T>(what: string, open: T, close: (open: T) => Promise<void>) => T;
}

/** A dispatcher inside of a process: with a producer of its own, what webhooks are told, and its numbers among those of the process. */
export function openDispatcher({
  services,
  metrics,
  opened,
  retention,
  webhooks,
  ...start
}: DispatcherHost): Dispatcher {
  const spending = createSpendingMetrics(metrics);
  const batches = createBatchMetrics(metrics);
  const producer = opened("producer", createProducer({ connection: services.queue, retention }), (open) =>
    open.close(),
  );
  const dispatcher = startDispatcher({
    ...services,
    ...start,
    producer,
    onBacklog: metrics.setBacklog,
    onRunEvent: metrics.observeRunEvent,
    onFire: createScheduleMetrics(metrics).observe,
    onDemand: spending.setDemand,
    onQuoteOutcome: createQuoteMetrics(metrics).observe,
    onBatch: (happened) => (happened === "stopped" ? batches.stopped() : batches.ended(happened)),
    onOpenBatches: batches.setOpen,
    onSpending({ ceilings, isStopped }) {
      spending.setCeilings(ceilings);
      spending.setStopped(isStopped);
    },
  });
  const { catalog } = services;
  const delivering = openWebhooks({ ...start, catalog, options: webhooks, metrics: createWebhookMetrics(metrics) });
  opened("webhooks", delivering, (open) => open.stop());
  return opened("dispatcher", dispatcher, (open) => open.stop());
}

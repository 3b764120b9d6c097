import type { DeliveryOutcome } from "@loramill/contracts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** How well what webhooks are told arrives. */
export interface WebhookMetrics {
  observe(outcome: DeliveryOutcome): void;
  setWaiting(waiting: { readonly pending: number; readonly overdueSeconds: number }): void;
}

export function createWebhookMetrics({ registry }: { readonly registry: Registry }): WebhookMetrics {
  const registers = [registry];
  const attempts = new Counter({
    name: "loramill_webhook_attempts_total",
    help: "Attempts to deliver a message: delivered, to be tried again (retry), given up (failed)",
    labelNames: ["outcome"],
    registers,
  });
  // What has never happened shows as 0, so that its first time counts.
  for (const outcome of ["delivered", "retry", "failed"]) attempts.inc({ outcome }, 0);
  const disabled = new Counter({
    name: "loramill_webhooks_disabled_total",
    help: "Webhooks that were disabled because their receiver is gone or has taken no message for days",
    registers,
  });
  const seconds = new Histogram({
    name: "loramill_webhook_attempt_seconds",
    help: "Until a receiver had answered, or was given up",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30],
    registers,
  });
  const pending = new Gauge({
    name: "loramill_webhook_pending",
    help: "Messages that are still to be delivered; every dispatcher tells the same",
    registers,
  });
  const overdue = new Gauge({
    name: "loramill_webhook_overdue_seconds",
    help: "How long the message that is due for longest has been due; every dispatcher tells the same",
    registers,
  });
  return {
    observe(outcome) {
      attempts.inc({ outcome: outcome.kind });
      seconds.observe(outcome.durationMs / 1000);
      if (outcome.kind === "failed" && outcome.disable !== null) disabled.inc();
    },
    setWaiting(waiting) {
      pending.set(waiting.pending);
      overdue.set(waiting.overdueSeconds);
    },
  };
}

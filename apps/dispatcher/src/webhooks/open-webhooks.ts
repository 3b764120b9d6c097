import type { Catalog } from "@loramill/catalog";
import { type Clock, type Logger, toErrorRecord } from "@loramill/contracts";
import type { WebhookMetrics } from "@loramill/telemetry";
import { createSecretBox, createSender, type WebhookOptions } from "@loramill/webhooks";
import { type Bell, createBell } from "../bell.ts";
import { deliverWebhooks } from "./deliver-webhooks.ts";

const GAUGE_MS = 5_000;
const FORGET_MS = 3_600_000;
/** How much longer a lease lasts than an attempt may: a sender that is slow to write its outcome is not taken for dead. */
const LEASE_MARGIN_MS = 30_000;

export interface Delivering {
  /** Breaks off what is under way, which is sent again. Safe to call twice. */
  stop(): Promise<void>;
}

/** Sends webhooks for as long as the process lives, whether its dispatcher leads or stands by. */
export function openWebhooks(start: {
  readonly catalog: Pick<Catalog, "listen" | "webhookOutbox">;
  readonly options: WebhookOptions;
  readonly metrics: WebhookMetrics;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}): Delivering {
  const { catalog, options, metrics, clock, random, log } = start;
  const { webhookOutbox: outbox } = catalog;
  const sender = createSender(options.limits, { now: () => clock.now(), secrets: createSecretBox(options.secretKeys) });
  const stopping = new AbortController();
  const { signal } = stopping;
  const due = createBell();
  const leaseMs = options.limits.timeoutMs + LEASE_MARGIN_MS;

  /** Goes on after failures; says the first of a row. */
  async function nowAndThen(everyMs: number, failed: string, turn: () => Promise<void>): Promise<void> {
    const pause = createBell();
    let fails = false;
    while (!signal.aborted) {
      try {
        await turn();
        fails = false;
      } catch (error) {
        if (!fails) log.warn({ error: toErrorRecord(error).message }, failed);
        fails = true;
      }
      await pause.wait(everyMs, signal);
    }
  }

  const hear = async (bell: Bell) => {
    const listening = await catalog.listen("loramill_webhooks", () => bell.ring(), signal);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await listening.close();
  };

  const running = Promise.all([
    hear(due),
    deliverWebhooks({ outbox, sender, options, leaseMs, random, log, onAttempt: metrics.observe }, due, signal),
    nowAndThen(GAUGE_MS, "waiting webhooks could not be counted", async () =>
      metrics.setWaiting(await outbox.waiting()),
    ),
    nowAndThen(
      FORGET_MS,
      "old webhooks could not be forgotten",
      async () => void (await outbox.forget(options.keepMs)),
    ),
  ]);
  let stopped: Promise<void> | undefined;
  return {
    stop() {
      stopping.abort();
      stopped ??= running.then(() => sender.close());
      return stopped;
    },
  };
}

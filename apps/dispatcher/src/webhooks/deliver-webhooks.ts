import {
  type DeliveryOutcome,
  type LeasedDelivery,
  type Logger,
  toErrorRecord,
  type WebhookOutbox,
} from "@loramill/contracts";
import { judgeAnswer, type Sender, type WebhookOptions } from "@loramill/webhooks";
import { type Bell, createBell } from "../bell.ts";

export interface DeliveringDeps {
  readonly outbox: WebhookOutbox;
  readonly sender: Sender;
  readonly options: Pick<WebhookOptions, "retry" | "parallel" | "perWebhook">;
  /** After this long without an outcome a sender is taken for dead, and another sends its messages. */
  readonly leaseMs: number;
  readonly random: () => number;
  readonly log: Logger;
  /** Told each attempt whose outcome counted. */
  readonly onAttempt?: ((outcome: DeliveryOutcome) => void) | undefined;
}

/** What becomes due by itself, such as a retry, is found by looking this often. */
const LOOK_MS = 1_000;
/** Attempts that end this close together make one look. */
const SPACING_MS = 10;
const PAUSE_AFTER_FAILURE_MS = 1_000;

/**
 * Sends what the outbox holds until the signal aborts, each message on its own, so that a receiver which is slow delays its
 * own messages alone. Any number of processes may do so. A process that dies in the middle leaves a lease that ends, and the
 * message goes out again under the same id.
 */
export async function deliverWebhooks(deps: DeliveringDeps, due: Bell, signal: AbortSignal): Promise<void> {
  const { outbox, options, leaseMs, log } = deps;
  const underWay = new Set<Promise<void>>();
  const spacing = createBell();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const limit = options.parallel - underWay.size;
      const leased = limit > 0 ? await outbox.lease({ limit, perWebhook: options.perWebhook, leaseMs }) : [];
      for (const delivery of leased) {
        const attempt = attemptDelivery(delivery, deps, signal).finally(() => {
          underWay.delete(attempt);
          due.ring();
        });
        underWay.add(attempt);
      }
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1) log.warn({ error: toErrorRecord(error).message }, "webhooks cannot be read; trying again");
      await spacing.wait(PAUSE_AFTER_FAILURE_MS, signal);
    }
    await due.wait(LOOK_MS, signal);
    await spacing.wait(SPACING_MS, signal);
  }
  await Promise.all(underWay);
}

/** Never rejects: what cannot be written down is done again when the lease ends. */
async function attemptDelivery(delivery: LeasedDelivery, deps: DeliveringDeps, signal: AbortSignal): Promise<void> {
  const { outbox, sender, options, random, log, onAttempt } = deps;
  const { webhook, message, type, attempt } = delivery;
  try {
    const answer = await sender.send(delivery, signal).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (answer === null) return await outbox.release(delivery);
    const outcome = judgeAnswer(answer, delivery, options.retry, random);
    if (!(await outbox.settle(delivery, outcome))) return;
    onAttempt?.(outcome);
    if (outcome.kind !== "failed") return;
    const told = { webhook, message, type, attempt, status: outcome.status, error: outcome.error };
    if (outcome.disable === null) log.warn(told, "a message of a webhook was given up");
    else log.warn({ ...told, reason: outcome.disable }, "a webhook was disabled");
  } catch (error) {
    log.warn(
      { webhook, message, error: toErrorRecord(error).message },
      "what became of a message was not written down",
    );
  }
}

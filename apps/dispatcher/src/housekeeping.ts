import type { QueueName } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

/** What has served its time: deliveries that ended (BullMQ forgets them only when others end), request keys, fires. */
export async function tidy({ catalog, producer, options }: DispatcherDeps): Promise<void> {
  await catalog.idempotency.sweep();
  await catalog.bulkChanges.sweep();
  await catalog.fires.forget(options.keepFiresMs);
  for (const queue of Object.keys(options.windows) as QueueName[]) await producer.sweep?.(queue);
}

/** Stops the batches that fail as often as they may, and notes those of which nothing is open any more. */
export async function watchBatches({ catalog, log, onBatch }: DispatcherDeps): Promise<void> {
  for (const batch of await catalog.batches.stopFailing()) {
    log.warn({ batch }, "a batch was stopped: too much of it failed");
    onBatch?.("stopped");
  }
  for (const { batch, state } of await catalog.batches.noteEnds()) {
    log.info({ batch, state }, "a batch has ended");
    onBatch?.(state);
  }
}

/** Ended runs whose quotes are settled at once. */
const QUOTES_PER_TURN = 200;

/** Holds what ended runs were billed against what they were quoted: each run's events tell it, and so do the metrics. */
export async function settleQuotes({ catalog, options, log, onQuoteOutcome }: DispatcherDeps): Promise<void> {
  const settled = await catalog.dispatch.settleQuotes(QUOTES_PER_TURN, { gapShare: options.quoteGapShare });
  for (const { run, ...outcome } of settled) {
    onQuoteOutcome?.(outcome);
    if (outcome.verdict === "beyond-p90") log.warn({ run, ...outcome }, "a run was billed more than it was quoted");
  }
}

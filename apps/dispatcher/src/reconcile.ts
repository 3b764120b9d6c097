import type { QueueName } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

const PAGE = 200;

/**
 * Compares what is open in the catalog with what the queues hold and owes them what they have lost: after a restart
 * without its data, after a flush, after a worker that vanished together with its delivery. Answers how many.
 */
export async function reconcile(
  { catalog, producer, options, log }: DispatcherDeps,
  signal: AbortSignal,
): Promise<number> {
  let total = 0;
  for (const queue of Object.keys(options.windows) as QueueName[]) {
    let lost = 0;
    for (let after = ""; !signal.aborted; ) {
      const { settleMs, silentMs } = options;
      const page = await catalog.dispatch.inQueue({ queue, after, limit: PAGE, settleMs, silentMs });
      const ids = new Map(page.map((seen) => [`${seen.job}.${seen.release}`, seen]));
      if (ids.size > 0) {
        const missing = new Set(await producer.missing(queue, [...ids.keys()]));
        const gone = [...ids].filter(([id]) => missing.has(id)).map(([, seen]) => seen);
        if (gone.length > 0) lost += await catalog.dispatch.redeliver(gone, silentMs);
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) break;
      after = last.job;
    }
    if (lost > 0) log.warn({ queue, jobs: lost }, "the queue had lost jobs; they are put back");
    total += lost;
  }
  return total;
}

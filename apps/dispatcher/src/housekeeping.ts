import type { QueueBacklog } from "@loramill/catalog";
import type { QueueName } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

/** The numbers of a queue: what scalers and dashboards read. */
export interface BacklogGauge {
  readonly queue: string;
  /**
   * `waiting`, `released`, `active`, `parked`; and of the parked, `due`, whose time has come, and `starved`, which no machine
   * could take when they last asked.
   */
  readonly jobs: Readonly<Record<string, number>>;
  readonly oldestWaitSeconds: number;
  readonly lostWorkers: number;
}

export function toGauges(backlog: readonly QueueBacklog[]): BacklogGauge[] {
  return backlog.map(({ queue, oldestWaitSeconds, lostWorkers, ...jobs }) => ({
    ...{ queue, jobs, oldestWaitSeconds, lostWorkers },
  }));
}

/** What has served its time: deliveries that ended (BullMQ forgets them only when others end), and old request keys. */
export async function tidy({ catalog, producer, options }: DispatcherDeps): Promise<void> {
  await catalog.idempotency.sweep();
  for (const queue of Object.keys(options.windows) as QueueName[]) await producer.sweep?.(queue);
}

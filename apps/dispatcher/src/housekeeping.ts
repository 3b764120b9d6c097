import type { QueueBacklog } from "@loramill/catalog";
import type { QueueName } from "@loramill/contracts";
import type { DispatcherDeps } from "./deps.ts";

/** A gauge by queue and state: what scalers and dashboards read. */
export interface BacklogGauge {
  readonly queue: string;
  /** `waiting`, `released`, `active`, `parked`, and `due`: parked ones whose time has come, counted in `parked` too. */
  readonly state: string;
  readonly jobs: number;
}

export function toGauges(backlog: readonly QueueBacklog[]): BacklogGauge[] {
  return backlog.flatMap(({ queue, waiting, released, active, parked, due }) =>
    Object.entries({ waiting, released, active, parked, due }).map(([state, jobs]) => ({ queue, state, jobs })),
  );
}

/** What has served its time: deliveries that ended (BullMQ forgets them only when others end), and old request keys. */
export async function tidy({ catalog, producer, options }: DispatcherDeps): Promise<void> {
  await catalog.idempotency.sweep();
  for (const queue of Object.keys(options.windows) as QueueName[]) await producer.sweep?.(queue);
}

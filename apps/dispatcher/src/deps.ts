import type { Catalog } from "@loramill/catalog";
import type { Clock, Delivery, Logger, QueueName, Stores } from "@loramill/contracts";
import type { DispatcherOptions } from "./options.ts";

/** The queue as the dispatcher needs it; `Producer` of the queue package is one. */
export interface DeliveryProducer {
  /** Adds in bulk; an id that is there already is left as it is. */
  add(deliveries: readonly { queue: QueueName; delivery: Delivery; delayMs?: number }[]): Promise<void>;
  /** Of these queue ids (`<job>.<release>`), those that will never be delivered. */
  missing(queue: QueueName, ids: readonly string[]): Promise<string[]>;
}

export interface DispatcherDeps {
  readonly catalog: Catalog;
  readonly stores: Pick<Stores, "documents">;
  readonly producer: DeliveryProducer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: DispatcherOptions;
}

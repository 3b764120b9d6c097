import type { Catalog, EndedBatch, FireOutcome, OpenBatches } from "@loramill/catalog";
import type { Clock, Delivery, Logger, QueueName, QuoteOutcome, Stores } from "@loramill/contracts";
import type { FleetPlanOptions } from "./fleet/fleet-config.ts";
import type { BacklogGauge, Spending } from "./gauges.ts";
import type { DispatcherOptions } from "./options.ts";
import type { Pulse } from "./pulse.ts";

/** The queue as the dispatcher needs it; `Producer` of the queue package is one. */
export interface DeliveryProducer {
  /** Adds in bulk; an id that is there already is left as it is. */
  add(deliveries: readonly { queue: QueueName; delivery: Delivery; delayMs?: number }[]): Promise<void>;
  /** Of these queue ids (`<job>.<release>`), those that will never be delivered. */
  missing(queue: QueueName, ids: readonly string[]): Promise<string[]>;
  /** Drops ended deliveries that are too old to keep; answers how many. */
  sweep?(queue: QueueName): Promise<number>;
}

export interface DispatcherDeps {
  readonly catalog: Catalog;
  readonly stores: Pick<Stores, "documents">;
  readonly producer: DeliveryProducer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly options: DispatcherOptions;
  /** How machines are planned; left out, or null: none are. */
  readonly fleet?: FleetPlanOptions | null | undefined;
  readonly pulse: Pulse;
  /** Told the whole backlog every few seconds while this dispatcher leads, and an empty one when it no longer does. */
  readonly onBacklog?: ((gauges: readonly BacklogGauge[]) => void) | undefined;
  /** Told each move of a run that this dispatcher made, such as `run.exhaust`. */
  readonly onRunEvent?: ((type: string) => void) | undefined;
  /** Told of each run that was billed, how that lies to its quote. */
  readonly onQuoteOutcome?: ((outcome: QuoteOutcome) => void) | undefined;
  /** Told of each fire of a schedule that came to nothing here: skipped or missed. */
  readonly onFire?: ((outcome: FireOutcome) => void) | undefined;
  /** Told of each batch of which nothing is open any more, and of each that failed as often as it may. */
  readonly onBatch?: ((happened: EndedBatch["state"] | "stopped") => void) | undefined;
  /** Told every few seconds while this dispatcher leads; none when it no longer does. */
  readonly onOpenBatches?: ((batches: OpenBatches) => void) | undefined;
  /** Told every few seconds while this dispatcher leads; no ceilings when it no longer does. */
  readonly onSpending?: ((spending: Spending) => void) | undefined;
  /** Told with each plan of machines: seconds of GPU work that wait for machines, or have them, by the memory that it needs in GiB. None when it no longer leads. */
  readonly onDemand?: ((gpuSecondsByVram: ReadonlyMap<string, number>) => void) | undefined;
}

import { type Delivery, type QueueName, TransientError } from "@loramill/contracts";

interface Held {
  readonly queue: QueueName;
  readonly delivery: Delivery;
  readonly dueAt: number;
}

/** The producer's side of a queue, in memory. A test takes deliveries out of it as a worker would. */
export class MemoryProducer {
  readonly #held = new Map<string, Held>();
  /** Every id that was ever accepted, in order; an id that was there already is not accepted twice. */
  readonly accepted: string[] = [];
  /** While set, every call fails as if the server were away. */
  away = false;
  /** Called after deliveries were taken and before the caller hears of it: throw here to crash in between. */
  afterAdd: () => void = () => {};

  async add(deliveries: readonly { queue: QueueName; delivery: Delivery; delayMs?: number }[]): Promise<void> {
    this.#reach();
    for (const { queue, delivery, delayMs = 0 } of deliveries) {
      const id = `${delivery.job}.${delivery.release}`;
      if (this.#held.has(id)) continue;
      this.#held.set(id, { queue, delivery, dueAt: performance.now() + delayMs });
      this.accepted.push(id);
    }
    this.afterAdd();
  }

  async missing(_queue: QueueName, ids: readonly string[]): Promise<string[]> {
    this.#reach();
    return ids.filter((id) => !this.#held.has(id));
  }

  /** Deliveries that are due, oldest first; they stay until `finish`. */
  due(queue?: QueueName): Delivery[] {
    const now = performance.now();
    return [...this.#held.values()]
      .filter((held) => held.dueAt <= now && (queue === undefined || held.queue === queue))
      .map((held) => held.delivery);
  }

  /** What a worker does with a parked delivery: the same id, later. */
  delay(delivery: Delivery, until: Date): void {
    const id = `${delivery.job}.${delivery.release}`;
    const held = this.#held.get(id);
    if (held !== undefined) {
      this.#held.set(id, { ...held, dueAt: performance.now() + until.getTime() - Date.now() });
    }
  }

  finish(delivery: Delivery): void {
    this.#held.delete(`${delivery.job}.${delivery.release}`);
  }

  get size(): number {
    return this.#held.size;
  }

  /** Forgets everything, as a server that was restarted without its data. */
  flush(): void {
    this.#held.clear();
  }

  #reach(): void {
    if (this.away) throw new TransientError("the queue is away", { code: "queue-unreachable" });
  }
}

import { type Delivery, PermanentError, type QueueName, TransientError } from "@loramill/contracts";
import { type IQueueBackend, Queue } from "bullmq";
import { settledWithin, withDeadline } from "./deadline.ts";
import { MAX_PAYLOAD_BYTES, queueIdOf, TURN, writePayload } from "./payload.ts";
import type { QueueConnection } from "./queue-connection.ts";

/** BullMQ adds a chunk in one script or statement; larger ones would hold up everybody else. */
const CHUNK = 500;
const PAGE = 200;

export interface QueuedDelivery {
  readonly queue: QueueName;
  readonly delivery: Delivery;
  readonly delayMs?: number;
  /** Lower goes first; 0 (the default) before all others. */
  readonly priority?: number;
}

/** How long finished deliveries stay in the queue for people to look at; whichever limit is reached first. */
export interface Retention {
  readonly ageSeconds: number;
  readonly count: number;
}

export type DeliveryState = "waiting" | "delayed" | "active" | "finished" | "absent";

export interface QueueCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly completed: number;
  readonly failed: number;
}

export interface Producer {
  /** Adds in bulk. An id that is in the queue already is left as it is. Throws TransientError `queue-unreachable`. */
  add(deliveries: readonly QueuedDelivery[]): Promise<void>;
  states(queue: QueueName, ids: readonly string[]): Promise<Map<string, DeliveryState>>;
  /** Of these queue ids (`<job>.<release>`), those that will never be delivered: absent or finished. */
  missing(queue: QueueName, ids: readonly string[]): Promise<string[]>;
  counts(queue: QueueName): Promise<QueueCounts>;
  /** Drops finished deliveries past the retention's age; BullMQ itself does so only when another one finishes. */
  sweep(queue: QueueName): Promise<number>;
  /** Resolves within the deadline, also when the server is gone. Safe to call twice. */
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly connection: QueueConnection;
  readonly retention?: Retention;
  /** A call that gets no answer for this long fails. */
  readonly timeoutMs?: number;
}

type TurnQueue = Queue<Delivery, null, string, Delivery, null, string, IQueueBackend, unknown>;

/** Puts deliveries into the queues; never waits longer than `timeoutMs` for a server that is away. */
export function createProducer(options: ProducerOptions): Producer {
  const { connection, retention = { ageSeconds: 3_600, count: 1_000 }, timeoutMs = 10_000 } = options;
  const keep = { age: retention.ageSeconds, count: retention.count };
  const queues = new Map<QueueName, TurnQueue>();
  let closing: Promise<void> | undefined;

  const open = (name: QueueName): TurnQueue => {
    let queue = queues.get(name);
    if (queue === undefined) {
      queue = new Queue(name, { connection: {}, prefix: connection.prefix }, connection.producerBackend);
      queue.on("error", () => {}); // Each call rejects with its own error.
      queues.set(name, queue);
    }
    return queue;
  };

  const call = async <T>(name: QueueName, use: (queue: TurnQueue) => Promise<T>): Promise<T> => {
    if (closing !== undefined) throw new PermanentError("The producer is closed", { code: "queue-closed" });
    const late = unreachable(connection.id, undefined);
    try {
      await connection.whenReady(timeoutMs);
      return await withDeadline(use(open(name)), timeoutMs, late);
    } catch (error) {
      if (error instanceof PermanentError || error instanceof TransientError) throw error;
      throw unreachable(connection.id, error);
    }
  };

  const states: Producer["states"] = async (name, ids) => {
    const found = new Map<string, DeliveryState>();
    for (const page of pagesOf(ids, PAGE)) {
      const answers = await call(name, (queue) => Promise.all(page.map((id) => queue.getJobState(id))));
      page.forEach((id, at) => {
        found.set(id, stateOf(answers[at] ?? "unknown"));
      });
    }
    return found;
  };

  return {
    add: async (deliveries) => {
      const byQueue = Map.groupBy(deliveries, (entry) => entry.queue);
      for (const [name, entries] of byQueue) {
        for (const page of pagesOf(entries, CHUNK)) {
          const jobs = page.map(({ delivery, delayMs, priority }) => ({
            name: TURN,
            data: writePayload(delivery),
            opts: {
              jobId: queueIdOf(delivery),
              attempts: 1,
              delay: Math.max(0, Math.round(delayMs ?? 0)),
              priority: priority ?? 0,
              removeOnComplete: keep,
              removeOnFail: keep,
              sizeLimit: MAX_PAYLOAD_BYTES,
              stackTraceLimit: 0,
            },
          }));
          await call(name, (queue) => queue.addBulk(jobs));
        }
      }
    },
    states,
    missing: async (name, ids) => {
      const found = await states(name, ids);
      return ids.filter((id) => found.get(id) === "absent" || found.get(id) === "finished");
    },
    counts: async (name) => {
      const counts = await call(name, (queue) =>
        queue.getJobCounts("waiting", "prioritized", "delayed", "active", "completed", "failed"),
      );
      const count = (state: string) => counts[state] ?? 0;
      return {
        waiting: count("waiting") + count("prioritized"),
        delayed: count("delayed"),
        active: count("active"),
        completed: count("completed"),
        failed: count("failed"),
      };
    },
    sweep: async (name) => {
      const graceMs = retention.ageSeconds * 1_000;
      const completed = await call(name, (queue) => queue.clean(graceMs, CHUNK, "completed"));
      const failed = await call(name, (queue) => queue.clean(graceMs, CHUNK, "failed"));
      return completed.length + failed.length;
    },
    close: () => {
      closing ??= (async () => {
        const closes = [...queues.values()].map((queue) => queue.close());
        await settledWithin(Promise.allSettled(closes), 2_000);
      })();
      return closing;
    },
  };
}

function pagesOf<T>(items: readonly T[], size: number): T[][] {
  const pages: T[][] = [];
  for (let at = 0; at < items.length; at += size) pages.push(items.slice(at, at + size));
  return pages;
}

function stateOf(state: string): DeliveryState {
  switch (state) {
    case "waiting":
    case "prioritized":
    case "waiting-children":
      return "waiting";
    case "delayed":
    case "active":
      return state;
    case "completed":
    case "failed":
      return "finished";
    default:
      return "absent";
  }
}

function unreachable(id: string, cause: unknown): TransientError {
  return new TransientError(`The queue at ${id} did not take the command: it is away or overloaded`, {
    code: "queue-unreachable",
    cause,
  });
}

import type { Catalog } from "@loramill/catalog";
import type { Delivery } from "@loramill/contracts";
import { createProducer, createWorker, type QueueConnection } from "@loramill/queue";
import type { Side } from "../harness.ts";
import { IMAGES_PER_JOB, releaseJobs } from "./jobs.ts";

/** Our layer: the real producer, worker and ledger, with a processor that does nothing. */
export function oursOn(options: {
  readonly connection: QueueConnection;
  readonly catalog: Catalog;
  readonly jobs: number;
  readonly concurrency: number;
}): Side & { close(): Promise<void> } {
  const { connection, catalog, jobs, concurrency } = options;
  const producer = createProducer({ connection, timeoutMs: 60_000 });
  let deliveries: Delivery[] = [];
  let left = 0;
  let finish = () => {};
  const quiet = { debug: () => {}, info: () => {}, warn: console.error, error: console.error };
  let worker: ReturnType<typeof createWorker> | undefined;
  const start = () =>
    createWorker({
      queue: "caption",
      connection,
      ledger: catalog.ledger,
      concurrency,
      name: "bench",
      clock: { now: () => new Date() },
      random: Math.random,
      log: quiet,
      onEvent: (event) => {
        if (event.type === "started") return;
        if (event.type !== "succeeded") throw new Error(`a bench job ${event.type}`);
        left -= 1;
        if (left === 0) finish();
      },
      processors: {
        "caption-images": async (input) => ({ digest: input.part, shape: "part", items: IMAGES_PER_JOB, summary: {} }),
      },
    });
  return {
    prepare: async () => {
      ({ deliveries } = await releaseJobs(catalog, jobs));
      worker ??= start();
    },
    run: async () => {
      left = jobs;
      const finished = new Promise<void>((resolve) => {
        finish = resolve;
      });
      await producer.add(deliveries.map((delivery) => ({ queue: "caption" as const, delivery })));
      await finished;
      return jobs;
    },
    close: async () => {
      await worker?.close();
      await producer.close();
    },
  };
}

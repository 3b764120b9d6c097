import { Queue, Worker } from "bullmq";
import type { QueueConnection } from "./queue-connection.ts";

/** BullMQ itself on one of our connections, without anything of ours: what the benchmarks measure against. */
export interface PlainQueue {
  addBulk(ids: readonly string[]): Promise<void>;
  /** Calls `process` with the ids, so many at a time; resolves to a function that stops it. */
  work(process: (id: string) => Promise<void>, concurrency: number): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

export function openPlainQueue(connection: QueueConnection, name: string): PlainQueue {
  const options = { connection: {}, prefix: connection.prefix };
  const queue = new Queue(name, options, connection.producerBackend);
  queue.on("error", () => {});
  const keep = { age: 3_600, count: 1_000 };
  return {
    addBulk: async (ids) => {
      await connection.whenReady(10_000);
      for (let at = 0; at < ids.length; at += 500) {
        const jobs = ids.slice(at, at + 500).map((id) => ({
          name: "turn",
          data: { job: id },
          opts: { jobId: id, removeOnComplete: keep, removeOnFail: keep },
        }));
        await queue.addBulk(jobs);
      }
    },
    work: async (process, concurrency) => {
      const run = async (job: { readonly id?: string | undefined }) => {
        await process(job.id ?? "");
        return null;
      };
      const worker = new Worker(name, run, { ...options, concurrency }, connection.workerBackend);
      worker.on("error", () => {});
      await worker.waitUntilReady();
      return () => worker.close();
    },
    close: () => queue.close(),
  };
}

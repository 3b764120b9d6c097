import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { type QueueUnderTest, type ServerUnderTest, serveLedger, trialJobs, trialProcessors } from "@loramill/testkit";
import { Queue } from "bullmq";
import { createProducer, createWorker, openQueueConnection } from "../src/index.ts";

/** The queue as the conformance suite drives it, on a server of either kind. */
export async function openTrialQueue(server: ServerUnderTest): Promise<QueueUnderTest> {
  // Each test its own: BullMQ's note of the last look for stalled jobs outlives a queue, and puts off the next look.
  const prefix = `trial-${randomUUID()}`;
  const connection = await openQueueConnection({ url: server.url, prefix });
  const children: ChildProcess[] = [];
  return {
    producer: (options) => createProducer({ connection, ...options }),
    worker: (settings) =>
      createWorker({
        concurrency: 4,
        clock: { now: () => new Date() },
        random: Math.random,
        log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
        ...settings,
        queue: "caption",
        connection,
        processors: (settings.processors ?? trialProcessors().processors) as never,
        definitions: trialJobs,
      }),
    spawnWorker: async ({ ledger, ...settings }) => {
      const child = fork(
        new URL("./worker-process.ts", import.meta.url),
        [JSON.stringify({ url: server.url, prefix, settings })],
        { serialization: "advanced", execArgv: [] },
      );
      children.push(child);
      serveLedger(child, ledger);
      const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
      await new Promise<void>((resolve, reject) => {
        child.once("message", () => resolve());
        child.once("exit", (code) => reject(new Error(`the worker process ended with ${code}`)));
      });
      return { kill: (signal) => void child.kill(signal), exited };
    },
    addForeign: async (name, id, data) => {
      const queue = new Queue(name, { connection: {}, prefix }, connection.workerBackend);
      await queue.add("foreign", data, { jobId: id });
      await queue.close();
    },
    close: async () => {
      for (const child of children) child.kill("SIGKILL");
      await connection.close();
    },
  };
}

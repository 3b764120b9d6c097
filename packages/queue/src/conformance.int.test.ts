import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@loramill/embedded";
import {
  type QueueUnderTest,
  queueConformance,
  type ServerUnderTest,
  serveLedger,
  startRedis,
  trialJobs,
  trialProcessors,
  waitUntil,
} from "@loramill/testkit";
import { Queue } from "bullmq";
import pg from "pg";
import { createProducer, createWorker, openQueueConnection } from "./index.ts";

queueConformance({ backend: "redis", startServer: redisServer, open });
queueConformance({ backend: "postgres", startServer: postgresServer, open });

async function redisServer(): Promise<ServerUnderTest | null> {
  const redis = await startRedis();
  if (redis === null) return null;
  const { url, kill, restart, freeze, thaw, flush, stop } = redis;
  return { url, faults: redis.owned ? { kill, restart, freeze, thaw, flush } : null, stop };
}

async function postgresServer(): Promise<ServerUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "loramill-queue-"));
  await chmod(dataDir, 0o755); // As root, the server's own user must be able to pass.
  let server = await startEmbeddedPostgres({ dataDir });
  const url = server.connectionString;
  return {
    url,
    faults: {
      kill: async () => {
        process.kill(server.pid, "SIGKILL");
        await waitUntil("Postgres is gone", async () => !(await answers(url)));
      },
      restart: async () => {
        server = await startEmbeddedPostgres({ dataDir });
      },
      flush: () => ask(url, "truncate bullmq.job cascade"),
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, sql: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(sql);
  await client.end();
}

function answers(url: string): Promise<boolean> {
  return ask(url, "select 1").then(
    () => true,
    () => false,
  );
}

async function open(server: ServerUnderTest): Promise<QueueUnderTest> {
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
        new URL("../test/worker-process.ts", import.meta.url),
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

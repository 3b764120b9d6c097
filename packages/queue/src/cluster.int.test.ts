import { keepLog, MemoryLedger, startRedis, type TestRedis, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProducer, createWorker, openQueueConnection, startHeartbeats } from "./index.ts";

const clock = { now: () => new Date() };
const input = { part: "a".repeat(64), params: { style: {}, provider: "describe/1" } };

let redis: TestRedis | null;
beforeAll(async () => {
  redis = await startRedis({ cluster: true });
});
afterAll(() => redis?.stop());

async function openMill(prefix: string, timeoutMs = 60_000) {
  const connection = await openQueueConnection({ url: redis?.url ?? "", prefix });
  const ledger = new MemoryLedger();
  const delivery = ledger.addJob({ name: "caption-images", queue: "caption", input });
  const producer = createProducer({ connection, timeoutMs });
  return { connection, ledger, delivery, producer };
}

test("a prefix in braces keeps all keys of a mill in one slot of a Redis Cluster", async ({ skip }) => {
  if (redis === null) return skip("no redis-server");
  const { connection, ledger, delivery, producer } = await openMill("{loramill}");
  const heartbeats = startHeartbeats({ ledger, clock, intervalMs: 200, log: keepLog() });
  const worker = createWorker({
    ...{ queue: "caption", connection, ledger, heartbeats, clock, log: keepLog() },
    ...{
      name: "worker-1",
      random: Math.random,
      concurrency: 1,
      lockMs: 5_000,
      stalledMs: 1_000,
      drainDeadlineMs: 5_000,
    },
    processors: {
      "caption-images": async () => ({ digest: "b".repeat(64), shape: "part" as const, items: 1, summary: {} }),
    },
  });
  await producer.add([{ queue: "caption", delivery }]);
  await waitUntil("the job is done", () => ledger.ended(delivery.job));
  const keys = (await redis.command("KEYS *")).split("\r\n").filter((line) => line.includes(":"));
  expect(keys.length).toBeGreaterThan(3);
  for (const key of keys) expect(key).toMatch(/^\{loramill\}:/);
  await worker.close();
  await heartbeats.stop();
  await producer.close();
  await connection.close();
});

test("without braces a cluster takes no delivery", async ({ skip }) => {
  if (redis === null) return skip("no redis-server");
  const { connection, delivery, producer } = await openMill("loramill", 3_000);
  await expect(producer.add([{ queue: "caption", delivery }])).rejects.toMatchObject({ code: "queue-unreachable" });
  await producer.close();
  await connection.close();
});

import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { startTestPostgres } from "@loramill/embedded/testing";
import { freePort, keepLog, MemoryLedger, startRedis, type TestRedis, waitUntil } from "@loramill/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { checkQueue, createProducer, createWorker, openQueueConnection, startHeartbeats } from "./index.ts";

const clock = { now: () => new Date() };
const input = { part: "a".repeat(64), params: { style: {}, provider: "describe/1" } };
const processors = {
  "caption-images": async () => ({ digest: "b".repeat(64), shape: "part" as const, items: 1, summary: {} }),
};

test("a URL of another scheme is refused", async () => {
  await expect(openQueueConnection({ url: "amqp://host" })).rejects.toMatchObject({ code: "queue-url" });
});

describe("a server that is away", () => {
  test("doctor says so, without the password", async () => {
    const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
    const { available, message } = await checkQueue({ url }, 500);
    expect(available).toBe(false);
    expect(message).toContain("QUEUE_URL");
    expect(message).not.toContain("secret");
    const postgres = await checkQueue({ url: `postgres://user:secret@127.0.0.1:${await freePort()}/db` }, 500);
    expect(postgres.available).toBe(false);
    expect(postgres.message).not.toContain("secret");
  });

  test("a producer that starts before its Redis fails fast, and works once Redis is there", async ({ skip }) => {
    const redis = await startRedis();
    if (redis === null || !redis.owned) return skip("no Redis of our own");
    await redis.kill();
    const connection = await openQueueConnection({ url: redis.url });
    const producer = createProducer({ connection, timeoutMs: 500 });
    const ledger = new MemoryLedger();
    const delivery = ledger.addJob({ name: "caption-images", queue: "caption", input });
    const asked = performance.now();
    const adding = producer.add([{ queue: "caption", delivery }]);
    await expect(adding).rejects.toMatchObject({ code: "queue-unreachable" });
    expect(performance.now() - asked).toBeLessThan(15_000);
    await redis.restart();
    await waitUntil("it can be added", async () => {
      await producer.add([{ queue: "caption", delivery }]);
      return true;
    });
    const missing = await waitUntil("it can be asked", () => producer.missing("caption", [`${delivery.job}.1`]));
    expect(missing).toEqual([]);
    await producer.close();
    await connection.close();
    await redis.stop();
  });
});

describe("Redis", () => {
  let redis: TestRedis | null;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  test("doctor warns of settings that lose jobs", async ({ skip }) => {
    if (redis === null || !redis.owned) return skip("no Redis of our own");
    await redis.command("CONFIG SET maxmemory-policy allkeys-lru");
    const check = await checkQueue({ url: redis.url });
    await redis.command("CONFIG SET maxmemory-policy noeviction");
    expect(check).toMatchObject({ available: true, message: expect.stringMatching(/^Redis \d/) });
    expect(check.warnings.join()).toContain("noeviction");
  });

  test("two prefixes on one Redis do not see each other", async ({ skip }) => {
    if (redis === null) return skip("no Redis");
    const names = [randomUUID(), randomUUID()];
    const ledger = new MemoryLedger();
    const delivery = ledger.addJob({ name: "caption-images", queue: "caption", input });
    const [here, there] = await Promise.all(
      names.map(async (prefix) => openQueueConnection({ url: redis?.url ?? "", prefix })),
    );
    if (here === undefined || there === undefined) throw new Error("no connections");
    const [first, second] = [createProducer({ connection: here }), createProducer({ connection: there })];
    await first.add([{ queue: "caption", delivery }]);
    expect(await first.counts("caption")).toMatchObject({ waiting: 1 });
    expect(await second.counts("caption")).toMatchObject({ waiting: 0 });
    await Promise.all([first.close(), second.close(), here.close(), there.close()]);
  });
});

describe("Postgres with a shared pool", () => {
  let server: Awaited<ReturnType<typeof startTestPostgres>>;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  test("the pool must find BullMQ's tables, and the refusal says how", async () => {
    const pool = new pg.Pool({ connectionString: server.connectionString, max: 2 });
    const opening = openQueueConnection({ url: server.connectionString, pool });
    await expect(opening).rejects.toMatchObject({
      code: "queue-search-path",
      message: expect.stringContaining("search_path=bullmq,public"),
    });
    await pool.end();
  });

  test("a server that ends while no client is idle is known to be away by whoever asks next, and then to be back", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "loramill-queue-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    await chmod(dataDir, 0o755); // As root, the server's own user must be able to pass.
    const first = await startEmbeddedPostgres({ dataDir });
    const options = "-c search_path=bullmq,public";
    const pool = new pg.Pool({ connectionString: first.connectionString, max: 2, idleTimeoutMillis: 1, options });
    const connection = await openQueueConnection({ url: first.connectionString, pool });
    const producer = createProducer({ connection, timeoutMs: 5_000 });
    await producer.counts("caption");
    await waitUntil("no client is left", () => pool.totalCount === 0);
    expect(connection.isConnected()).toBe(true);
    await first.stop();
    await expect(producer.counts("caption")).rejects.toMatchObject({ code: "queue-unreachable" });
    expect(connection.isConnected()).toBe(false);
    const second = await startEmbeddedPostgres({ dataDir });
    await producer.counts("caption");
    expect(connection.isConnected()).toBe(true);
    await producer.close();
    await connection.close();
    await pool.end();
    await second.stop();
  });

  test("four workers and a producer share one pool and one heartbeat, and leave the pool open", async () => {
    const pool = new pg.Pool({
      connectionString: server.connectionString,
      max: 17,
      options: "-c search_path=bullmq,public",
    });
    const connection = await openQueueConnection({ url: server.connectionString, pool });
    const producer = createProducer({ connection });
    const ledger = new MemoryLedger();
    const log = keepLog();
    const heartbeats = startHeartbeats({ ledger, clock, log });
    const common = { ledger, connection, heartbeats, clock, log, concurrency: 2, random: Math.random };
    const workers = Array.from({ length: 4 }, (_, n) =>
      createWorker({ ...common, queue: "caption", name: `worker-${n}`, processors }),
    );
    const deliveries = Array.from({ length: 40 }, () =>
      ledger.addJob({ name: "caption-images", queue: "caption", input }),
    );
    await producer.add(deliveries.map((delivery) => ({ queue: "caption" as const, delivery })));
    await waitUntil("all are done", () => deliveries.every(({ job }) => ledger.ended(job)));
    await Promise.all(workers.map((worker) => worker.close()));
    await producer.close();
    await connection.close();
    await heartbeats.stop();
    expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
    await pool.end();
    expect(log.lines).toEqual([]);
  });
});

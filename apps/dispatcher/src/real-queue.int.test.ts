import { randomUUID } from "node:crypto";
import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { CaptionStyle, type JobOutput, type JsonObject, type QueueName } from "@loramill/contracts";
import { createProducer, createWorker, openQueueConnection, type Processors } from "@loramill/queue";
import { startRedis, type TestRedis, type TrialStep } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bench, doneWith, openBench, trialPart } from "../test/bench.ts";

let server: TestServer;
let redis: TestRedis | null;
beforeAll(async () => {
  server = await startTestServer();
  redis = await startRedis();
});
afterAll(async () => {
  await redis?.stop();
  await server.stop();
});

const PARTS = 120;
const steps: TrialStep[] = [
  { name: "source", kind: "source", job: "index-source", params: { sources: [{ type: "folder", path: "x" }] } },
  {
    name: "caption",
    needs: ["source"],
    fanOut: { type: "parts", of: "source" },
    params: { style: { ...CaptionStyle.parse({}) } as JsonObject, provider: "describe/1" },
  },
];

/** Two workers of each queue, as two processes would have. */
function startWorkers(
  bench: Bench,
  connection: Awaited<ReturnType<typeof openQueueConnection>>,
  caption: (part: string) => Promise<JobOutput>,
) {
  const listing = (async () => {
    const parts = Array.from({ length: PARTS }, (_, index) => trialPart(index));
    return bench.documents.put("parts", { parts });
  })();
  const start = <Q extends QueueName>(queue: Q, processors: Processors<Q>, name: string) =>
    createWorker({
      queue,
      processors,
      name,
      connection,
      ledger: bench.catalog.ledger,
      concurrency: 8,
      clock: { now: () => new Date() },
      random: Math.random,
      log: bench.log,
      heartbeatMs: 200,
    });
  const nothing = async () => doneWith("nothing");
  return ["one", "two"].flatMap((name) => [
    start(
      "dataset",
      {
        "index-source": async () => ({ digest: await listing, shape: "parts", items: PARTS, summary: {} }),
        "prepare-images": nothing,
        "assemble-dataset": nothing,
      },
      name,
    ),
    start("caption", { "caption-images": ({ part }) => caption(part) }, name),
  ]);
}

describe.each(["redis", "postgres"] as const)("with the queues in %s", (kind) => {
  test("a run goes through, and a queue that is emptied on the way costs nothing twice", async (context) => {
    if (kind === "redis" && redis === null) return context.skip();
    await using bench = await openBench(server, { dispatchers: 0, windows: { dataset: 10, caption: 40 } });
    const url = kind === "redis" && redis ? redis.url : bench.url;
    const connection = await openQueueConnection({ url, prefix: `trial-${randomUUID()}` });
    const producer = createProducer({ connection });
    const empty = async () => {
      if (kind === "redis") await redis?.flush();
      else await bench.catalog.pool.query("truncate bullmq.job cascade");
    };
    const done: string[] = [];
    let emptied = 0;
    const caption = async (part: string) => {
      if (done.length >= PARTS / 3 && emptied === 0) {
        emptied += 1;
        await empty();
      }
      done.push(part);
      return doneWith(`caption of ${part}`);
    };
    const workers = startWorkers(bench, connection, caption);
    bench.startDispatcher({ silentMs: 15_000 }, bench.catalog, producer);
    try {
      const run = await bench.submit(steps);
      const view = await bench.ended(run);
      expect(view).toMatchObject({
        state: "succeeded",
        steps: [{ state: "succeeded" }, { state: "succeeded", jobs: { total: PARTS, succeeded: PARTS } }],
      });
      expect(emptied).toBe(1);
      const { parts } = await bench.documents.get("parts", view.steps[1]?.output ?? "");
      expect(parts).toEqual(Array.from({ length: PARTS }, (_, index) => trialPart(`caption of ${trialPart(index)}`)));
      // What was at work when the queue was emptied went on; nothing was done twice.
      expect(new Set(done).size).toBe(done.length);
      expect(done).toHaveLength(PARTS);
    } finally {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all(bench.dispatchers.map((dispatcher) => dispatcher.stop()));
      await producer.close();
      await connection.close();
    }
  });
});

import { startTestServer } from "@loramill/catalog/testing";
import { openQueueConnection } from "@loramill/queue";
import { startRedis } from "@loramill/testkit";
import { type Bench, type Comparison, compare } from "./harness.ts";
import { IMAGES_PER_JOB } from "./queue/jobs.ts";
import { oursOn } from "./queue/ours.ts";
import { rawOn } from "./queue/raw.ts";

const CONCURRENCY = 64;

/**
 * Our job layer (producer, claim, parse, time, settle, record) against BullMQ with the same durable writes by raw
 * batched SQL, on both backends. `layer` and `imagesPerSecond` are those of the slower one.
 */
export const bench: Bench = {
  name: "queue",
  run: async () => {
    const server = await startTestServer();
    const redis = await startRedis();
    try {
      const postgres = await compareOn(server, null, 1_000);
      if (redis === null) return { ...figuresOf("Postgres", postgres), ...slowest([postgres]) };
      const onRedis = await compareOn(server, redis.url, 4_000);
      return {
        ...figuresOf("Redis", onRedis),
        ...figuresOf("Postgres", postgres),
        ...slowest([onRedis, postgres]),
      };
    } finally {
      await redis?.stop();
      await server.stop();
    }
  },
};

async function compareOn(
  server: Awaited<ReturnType<typeof startTestServer>>,
  redisUrl: string | null,
  jobs: number,
): Promise<Comparison> {
  const catalog = await server.open();
  const connection = await openQueueConnection({ url: redisUrl ?? catalog.url, prefix: "bench" });
  const side = { connection, catalog, jobs, concurrency: CONCURRENCY };
  const ours = oursOn(side);
  const reference = rawOn(side);
  try {
    return await compare({ ours, reference });
  } finally {
    await ours.close();
    await reference.close();
    await connection.close();
  }
}

function figuresOf(backend: "Redis" | "Postgres", { ours, reference, ratio }: Comparison) {
  return { [`layer${backend}`]: ratio, [`jobsPerSecond${backend}`]: ours, [`rawJobsPerSecond${backend}`]: reference };
}

function slowest(comparisons: readonly Comparison[]) {
  return {
    layer: Math.min(...comparisons.map(({ ratio }) => ratio)),
    imagesPerSecond: IMAGES_PER_JOB * Math.min(...comparisons.map(({ ours }) => ours)),
  };
}

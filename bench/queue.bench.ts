import { startTestServer } from "@loramill/catalog/testing";
import { openQueueConnection } from "@loramill/queue";
import { startRedis } from "@loramill/testkit";
import { type Bench, type Comparison, compare } from "./harness.ts";
import { IMAGES_PER_JOB } from "./queue/jobs.ts";
import { oursOn } from "./queue/ours.ts";
import { rawOn } from "./queue/raw.ts";

const CONCURRENCY = 64;

/**
 * Our job layer (producer, claim, parse, time, settle, record) against BullMQ and the same durable writes by raw batched
 * SQL. `layer` is that of the worse backend. `imagesPerSecond` is that of Redis, which is there for throughput; on Postgres
 * BullMQ itself is the limit (`rawJobsPerSecondPostgres`).
 */
export const bench: Bench = {
  name: "queue",
  run: async () => {
    const server = await startTestServer();
    const redis = await startRedis();
    try {
      const postgres = await compareOn(server, null, 1_000);
      if (redis === null) return { ...summary(postgres, postgres), ...figuresOf("Postgres", postgres) };
      const onRedis = await compareOn(server, redis.url, 4_000);
      return {
        ...summary(onRedis, postgres),
        ...figuresOf("Redis", onRedis),
        ...figuresOf("Postgres", postgres),
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
  return {
    [`layer${backend}`]: ratio,
    [`imagesPerSecond${backend}`]: IMAGES_PER_JOB * ours,
    [`jobsPerSecond${backend}`]: ours,
    [`rawJobsPerSecond${backend}`]: reference,
  };
}

function summary(fast: Comparison, other: Comparison) {
  return { layer: Math.min(fast.ratio, other.ratio), imagesPerSecond: IMAGES_PER_JOB * fast.ours };
}

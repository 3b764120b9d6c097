import { defineConfig, secret } from "@loramill/contracts";
import { z } from "zod";

const seconds = (fallback: number) => z.coerce.number().min(1).max(3_600).default(fallback);

/** How a process reaches the queue and how its worker behaves. */
export const queueConfig = defineConfig(
  {
    QUEUE_URL: secret(
      z
        .string()
        .regex(/^(rediss?|postgres(ql)?):\/\//, "must start with redis://, rediss:// or postgres://")
        .optional()
        .describe("Queue server: redis://, rediss:// or postgres://; left out, the embedded Postgres"),
    ),
    QUEUE_PREFIX: z
      .string()
      .regex(/^[A-Za-z0-9_{}-]{1,64}$/)
      .default("loramill")
      .describe("First part of every Redis key; mills that share a Redis need different ones"),
    QUEUE_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(4)
      .describe("Jobs that a worker works on at a time"),
    QUEUE_LOCK_SECONDS: seconds(10).describe("A worker silent for this long has lost its jobs (seconds)"),
    QUEUE_STALLED_SECONDS: seconds(5).describe("How often workers look for lost jobs (seconds)"),
    QUEUE_HEARTBEAT_SECONDS: z.coerce
      .number()
      .min(0.1)
      .max(60)
      .default(1)
      .describe("How often workers report progress and learn of cancels (seconds)"),
    QUEUE_DRAIN_SECONDS: seconds(20).describe("How long a worker that shuts down lets its turns finish (seconds)"),
    QUEUE_KEEP_SECONDS: z.coerce
      .number()
      .int()
      .min(0)
      .default(3_600)
      .describe("Finished deliveries stay in the queue for this long (seconds)"),
    QUEUE_KEEP_COUNT: z.coerce
      .number()
      .int()
      .min(0)
      .default(1_000)
      .describe("At most this many finished deliveries stay in a queue"),
  },
  (env) => ({
    url: env.QUEUE_URL,
    prefix: env.QUEUE_PREFIX,
    concurrency: env.QUEUE_CONCURRENCY,
    lockMs: env.QUEUE_LOCK_SECONDS * 1_000,
    stalledMs: env.QUEUE_STALLED_SECONDS * 1_000,
    heartbeatMs: env.QUEUE_HEARTBEAT_SECONDS * 1_000,
    drainDeadlineMs: env.QUEUE_DRAIN_SECONDS * 1_000,
    retention: { ageSeconds: env.QUEUE_KEEP_SECONDS, count: env.QUEUE_KEEP_COUNT },
  }),
);

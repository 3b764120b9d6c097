import { expect, test } from "vitest";
import { queueConfig } from "./config.ts";

test("without any variable the queue is the embedded one, with its defaults", () => {
  expect(queueConfig.options(queueConfig.env.parse({}))).toEqual({
    url: undefined,
    prefix: "loramill",
    concurrency: 4,
    lockMs: 10_000,
    stalledMs: 5_000,
    heartbeatMs: 1_000,
    drainDeadlineMs: 20_000,
    retention: { ageSeconds: 3_600, count: 1_000 },
  });
});

test("every variable says what it is for", () => {
  for (const [name, schema] of Object.entries(queueConfig.env.shape)) {
    expect(schema.description, name).toBeTruthy();
  }
});

test.each([
  ["QUEUE_URL", "amqp://host"],
  ["QUEUE_PREFIX", "a:b"],
  ["QUEUE_CONCURRENCY", "0"],
  ["QUEUE_LOCK_SECONDS", "soon"],
])("%s=%s is refused", (name, value) => {
  expect(queueConfig.env.safeParse({ [name]: value }).success).toBe(false);
});

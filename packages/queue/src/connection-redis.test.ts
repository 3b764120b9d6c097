import { describe, expect, test } from "vitest";
import { readRedisInfo } from "./connection-redis.ts";
import { reconnectDelayMs } from "./deadline.ts";

const info = (more: Record<string, string>) =>
  Object.entries({
    redis_version: "7.0.15",
    maxmemory_policy: "noeviction",
    aof_enabled: "1",
    maxmemory: "0",
    used_memory: "1000",
    ...more,
  })
    .map(([name, value]) => `${name}:${value}`)
    .join("\r\n");

describe("what doctor says about a Redis", () => {
  test("a well configured one has no warnings", () => {
    expect(readRedisInfo("redis://host", info({}))).toEqual({
      available: true,
      message: "Redis 7.0.15 at redis://host",
      warnings: [],
    });
  });

  test.each([
    [{ maxmemory_policy: "allkeys-lru" }, "noeviction"],
    [{ aof_enabled: "0" }, "appendonly yes"],
    [{ redis_version: "6.0.9" }, "older than 6.2"],
    [{ maxmemory: "1000", used_memory: "800" }, "80 % of maxmemory"],
  ])("%o is warned about", (setting, words) => {
    const { warnings } = readRedisInfo("redis://host", info(setting));
    expect(warnings).toEqual([expect.stringContaining(words)]);
  });

  test("Valkey is known by its own version", () => {
    expect(readRedisInfo("redis://host", info({ redis_version: "7.2.4", valkey_version: "8.1.0" })).message).toContain(
      "8.1.0",
    );
  });
});

test("reconnects wait longer each time, up to twenty seconds, half of it random", () => {
  expect(reconnectDelayMs(1, () => 0)).toBe(100);
  expect(reconnectDelayMs(1, () => 1)).toBe(200);
  expect(reconnectDelayMs(50, () => 0)).toBe(10_000);
  expect(reconnectDelayMs(50, () => 1)).toBe(20_000);
});

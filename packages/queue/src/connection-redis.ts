import { redact, TransientError } from "@loramill/contracts";
import { createRedisBackend } from "bullmq";
import { Redis, type RedisOptions } from "ioredis";
import { reconnectDelayMs, withDeadline } from "./deadline.ts";
import type { QueueCheck, QueueConnection, QueueConnectionOptions } from "./queue-connection.ts";

const OLDEST_VERSION = [6, 2] as const;
const MEMORY_WARNING_SHARE = 0.7;

/** One client for producers, which fails fast, and one for workers, which waits. Both connect on first use. */
export function openRedisConnection(options: QueueConnectionOptions): QueueConnection {
  const random = options.random ?? Math.random;
  const prefix = options.prefix ?? "loramill";
  const id = redact(options.url);
  const common = {
    lazyConnect: true,
    retryStrategy: (times: number) => reconnectDelayMs(times, random),
    // After a failover the old primary answers READONLY: connect again and resend.
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? 2 : false),
  } satisfies RedisOptions;
  const clients: Redis[] = [];
  const open = (extra: Pick<RedisOptions, "enableOfflineQueue" | "maxRetriesPerRequest" | "commandTimeout">): Redis => {
    const client = new Redis(options.url, { ...common, ...extra });
    client.on("error", () => {}); // BullMQ reports them too; an unheard one would end the process.
    clients.push(client);
    return client;
  };
  let producing: Redis | undefined;
  let working: Redis | undefined;
  const producer = (): Redis => {
    producing ??= open({ enableOfflineQueue: false, maxRetriesPerRequest: 1, commandTimeout: 10_000 });
    if (producing.status === "wait") producing.connect().catch(() => {}); // The retry strategy goes on from here.
    return producing;
  };
  const worker = (): Redis => {
    working ??= open({ maxRetriesPerRequest: null });
    return working;
  };

  return {
    kind: "redis",
    id,
    prefix,
    // Without a version check BullMQ sends nothing while starting, so a Redis that is away cannot break it for good.
    producerBackend: (name, opts, extra) =>
      createRedisBackend(
        name,
        { ...opts, prefix, connection: producer(), skipWaitingForReady: true, skipVersionCheck: true } as never,
        extra,
      ),
    workerBackend: (name, opts, extra) =>
      createRedisBackend(name, { ...opts, prefix, connection: worker() } as never, extra),
    isConnected: () => clients.length > 0 && clients.every((client) => client.status === "ready"),
    whenReady: (timeoutMs) => whenReady(producer(), id, timeoutMs),
    check: async (timeoutMs) => {
      await whenReady(producer(), id, timeoutMs);
      return readRedisInfo(id, await withDeadline(producer().info(), timeoutMs, unreachable(id)));
    },
    close: async () => {
      for (const client of clients) client.disconnect();
    },
  };
}

function unreachable(id: string, cause?: unknown): TransientError {
  return new TransientError(`The queue at ${id} does not answer: check QUEUE_URL and that the server runs`, {
    code: "queue-unreachable",
    cause,
  });
}

/** One wait per client, whoever else waits: callers come by the hundred, listeners must not. */
const waits = new WeakMap<Redis, Promise<void>>();

async function whenReady(client: Redis, id: string, timeoutMs: number): Promise<void> {
  if (client.status === "ready") return;
  const waiting = waits.get(client) ?? untilReady(client, id, timeoutMs).finally(() => waits.delete(client));
  waits.set(client, waiting);
  await withDeadline(waiting, timeoutMs, unreachable(id));
}

async function untilReady(client: Redis, id: string, timeoutMs: number): Promise<void> {
  let lastError: unknown;
  await new Promise<void>((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timer);
      client.off("ready", onReady).off("error", onError).off("end", onEnd);
      act();
    };
    const onReady = () => settle(resolve);
    const onEnd = () => settle(() => reject(unreachable(id, lastError)));
    const onError = (error: unknown) => {
      lastError = error;
    };
    const timer = setTimeout(() => settle(() => reject(unreachable(id, lastError))), timeoutMs);
    client.on("ready", onReady).on("error", onError).on("end", onEnd);
  });
}

/** Reads `INFO`: which settings would lose jobs or stop the workers. */
export function readRedisInfo(id: string, info: string): QueueCheck {
  const field = (name: string) => new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim();
  const version = field("valkey_version") ?? field("redis_version") ?? "0";
  const warnings: string[] = [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])) {
    warnings.push(`Redis ${version} is older than ${OLDEST_VERSION.join(".")}: update it`);
  }
  const policy = field("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction") {
    warnings.push(`maxmemory-policy is ${policy}: Redis may drop jobs when full; set it to noeviction`);
  }
  if (field("aof_enabled") === "0") {
    warnings.push(
      "appendonly is off: a restart empties the queue and the dispatcher must rebuild it; set appendonly yes",
    );
  }
  const maximum = Number(field("maxmemory") ?? 0);
  const used = Number(field("used_memory") ?? 0);
  if (maximum > 0 && used / maximum > MEMORY_WARNING_SHARE) {
    warnings.push(`${Math.round((100 * used) / maximum)} % of maxmemory is used: workers stop when it is full`);
  }
  return { available: true, message: `Redis ${version} at ${id}`, warnings };
}

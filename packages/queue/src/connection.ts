import { PermanentError } from "@loramill/contracts";
import { openPostgresConnection } from "./connection-postgres.ts";
import { openRedisConnection } from "./connection-redis.ts";
import type { QueueCheck, QueueConnection, QueueConnectionOptions } from "./queue-connection.ts";

/** Opens the connection that the URL names; for Postgres also creates or upgrades BullMQ's schema. */
export async function openQueueConnection(options: QueueConnectionOptions): Promise<QueueConnection> {
  const scheme = /^([a-z]+):\/\//i.exec(options.url)?.[1]?.toLowerCase();
  switch (scheme) {
    case "redis":
    case "rediss":
      return openRedisConnection(options);
    case "postgres":
    case "postgresql":
      return openPostgresConnection(options);
    default:
      throw new PermanentError(
        `QUEUE_URL must start with redis://, rediss:// or postgres://, not ${scheme ?? "this"}`,
        {
          code: "queue-url",
        },
      );
  }
}

/** Opens, looks and closes: for `doctor`. Never throws. */
export async function checkQueue(options: QueueConnectionOptions, timeoutMs = 5_000): Promise<QueueCheck> {
  let connection: QueueConnection | undefined;
  try {
    connection = await openQueueConnection(options);
    return await connection.check(timeoutMs);
  } catch (error) {
    return { available: false, message: error instanceof Error ? error.message : String(error), warnings: [] };
  } finally {
    await connection?.close();
  }
}

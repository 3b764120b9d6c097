import { PermanentError, redact, TransientError } from "@loramill/contracts";
import { DEFAULT_SCHEMA, type PgPool, PostgresQueueBackend, runMigrations } from "bullmq";
import { settledWithin, withDeadline } from "./deadline.ts";
import { guardPool, openPool, PatientConnection } from "./postgres-pool.ts";
import type { BoundBackendFactory, QueueCheck, QueueConnection, QueueConnectionOptions } from "./queue-connection.ts";

/** BullMQ's Postgres backend over one pool, whose search_path must include the schema `bullmq`. */
export async function openPostgresConnection(options: QueueConnectionOptions): Promise<QueueConnection> {
  const { random = Math.random } = options;
  const id = redact(options.url);
  let connected = true;
  const pool = guardPool(options.pool ?? openPool(options), (isThere) => {
    connected = isThere;
  });
  const end = async () => {
    // Ending a pool waits for clients that are still out; one whose server hangs would never come back.
    if (options.pool === undefined) await settledWithin(pool.end(), 5_000);
  };
  try {
    await migrate(pool);
  } catch (error) {
    await end();
    if (error instanceof PermanentError) throw error;
    throw unreachable(id, error);
  }
  const ask = async (sql: string, timeoutMs: number) => {
    try {
      const { rows } = await withDeadline(pool.query(sql), timeoutMs, unreachable(id));
      return rows;
    } catch (error) {
      connected = false; // One that hangs tells nothing itself.
      throw error instanceof TransientError ? error : unreachable(id, error);
    }
  };
  const backend: BoundBackendFactory = (name, opts) =>
    new PostgresQueueBackend(new PatientConnection(pool, random), name, { ...opts, connection: pool });
  let closing: Promise<void> | undefined;
  return {
    kind: "postgres",
    id,
    prefix: options.prefix ?? "loramill",
    producerBackend: backend,
    workerBackend: backend,
    isConnected: () => connected,
    whenReady: async (timeoutMs) => {
      if (!connected) await ask("select 1", timeoutMs);
    },
    check: async (timeoutMs): Promise<QueueCheck> => {
      const [row] = await ask("select current_setting('server_version') as version", timeoutMs);
      return { available: true, message: `PostgreSQL ${row?.version} at ${id}`, warnings: [] };
    },
    close: () => {
      closing ??= end();
      return closing;
    },
  };
}

/** Creates or upgrades BullMQ's schema, then makes sure that the pool's search_path finds it. */
async function migrate(pool: PgPool): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations(client);
    const { rows } = await client.query<{ found: boolean }>(
      "select to_regclass('migration') = to_regclass($1) as found",
      [`${DEFAULT_SCHEMA}.migration`],
    );
    if (rows[0]?.found !== true) {
      throw new PermanentError(
        `The shared Postgres pool does not find BullMQ's tables: open it with options "-c search_path=${DEFAULT_SCHEMA},public"`,
        { code: "queue-search-path" },
      );
    }
  } finally {
    client.release();
  }
}

function unreachable(id: string, cause?: unknown): TransientError {
  return new TransientError(`The queue at ${id} does not answer: check QUEUE_URL and that the server runs`, {
    code: "queue-unreachable",
    cause,
  });
}

import { PermanentError, redact, TransientError } from "@loramill/contracts";
import { createPostgresBackend, DEFAULT_SCHEMA, type PgPool, runMigrations } from "bullmq";
import pg from "pg";
import type { QueueCheck, QueueConnection, QueueConnectionOptions } from "./connection.ts";
import { settledWithin, withDeadline } from "./deadline.ts";

const POOL_SIZE = 30;

/** BullMQ's Postgres backend over one pool, whose search_path must include the schema `bullmq`. */
export async function openPostgresConnection(options: QueueConnectionOptions): Promise<QueueConnection> {
  const id = redact(options.url);
  const given = options.pool ?? openPool(options);
  given.setMaxListeners(100); // Each queue and worker listens for errors; the default of ten would print warnings.
  // BullMQ describes the part of a pool that it uses; pg's own pool has it, under a more generous type.
  const pool = given as unknown as PgPool;
  try {
    await migrate(pool);
  } catch (error) {
    if (options.pool === undefined) await pool.end();
    if (error instanceof PermanentError) throw error;
    throw unreachable(id, error);
  }
  let connected = true;
  pool.on("error", () => {
    connected = false; // An idle client was cut; the next one that connects says otherwise.
  });
  pool.on("connect", () => {
    connected = true;
  });
  let closing: Promise<void> | undefined;
  const ask = async (sql: string, timeoutMs: number) => {
    try {
      const { rows } = await withDeadline(pool.query(sql), timeoutMs, unreachable(id));
      connected = true;
      return rows;
    } catch (error) {
      connected = false;
      throw error instanceof TransientError ? error : unreachable(id, error);
    }
  };
  return {
    kind: "postgres",
    id,
    prefix: options.prefix ?? "loramill",
    producerBackend: (name, opts, extra) => createPostgresBackend(name, { ...opts, connection: pool }, extra),
    workerBackend: (name, opts, extra) => createPostgresBackend(name, { ...opts, connection: pool }, extra),
    isConnected: () => connected,
    whenReady: async (timeoutMs) => {
      if (!connected) await ask("select 1", timeoutMs);
    },
    check: async (timeoutMs): Promise<QueueCheck> => {
      const [row] = await ask("select current_setting('server_version') as version", timeoutMs);
      return { available: true, message: `PostgreSQL ${row?.version} at ${id}`, warnings: [] };
    },
    close: () => {
      closing ??= options.pool === undefined ? endPool(pool) : Promise.resolve();
      return closing;
    },
  };
}

function openPool(options: QueueConnectionOptions): pg.Pool {
  return new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? POOL_SIZE,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    options: `-c search_path=${DEFAULT_SCHEMA},public`,
  });
}

/** Ending a pool waits for clients that are still out; one whose server hangs would never come back. */
async function endPool(pool: PgPool): Promise<void> {
  await settledWithin(pool.end(), 5_000);
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

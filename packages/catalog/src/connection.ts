import { setTimeout as delay } from "node:timers/promises";
import { type IdPrefix, type Logger, toErrorRecord } from "@loramill/contracts";
import pg from "pg";
import { drizzle, type NodePgDatabase } from "./drizzle.ts";
import { explainFailures } from "./unreachable.ts";

/** Postgres error codes after which the same transaction may simply be run again: serialisation failure, deadlock. */
const RETRYABLE = new Set(["40001", "40P01"]);

/** One for each batched statement: claim, settle, heartbeat, emit. */
const HOT_CONNECTIONS = 4;

/** A fresh id with a prefix, sortable by time. */
export type NewId = <Prefix extends IdPrefix>(prefix: Prefix) => `${Prefix}_${string}`;

/** A connection that does not answer for this long is cut: the server or the network is gone without a word. */
const QUERY_TIMEOUT_MS = 60_000;
const BATCH_TIMEOUT_MS = 30_000;

export type Sql = Pick<pg.Pool, "query">;

/** The connections of one process, and the two ways of asking: drizzle for ordinary queries, text for batched ones. */
export interface Connection {
  readonly pool: pg.Pool;
  /**
   * For the batched statements of the ledger. Their plans are prepared once, often while the tables are still empty, so
   * the planner is told to use indexes whatever it believes about sizes.
   */
  readonly hotPool: pg.Pool;
  readonly db: NodePgDatabase;
  /** Settings for connections outside the pool (LISTEN, advisory locks). */
  readonly settings: pg.ClientConfig;
  readonly newId: NewId;
  readonly log: Logger;
}

export function openConnection(options: {
  readonly connection: string | pg.ClientConfig;
  readonly poolSize: number;
  readonly newId: NewId;
  readonly log: Logger;
}): Connection {
  const given = typeof options.connection === "string" ? { connectionString: options.connection } : options.connection;
  const settings: pg.ClientConfig = {
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    connectionTimeoutMillis: 10_000,
    application_name: "loramill",
    ...given,
  };
  const pool = new pg.Pool({
    ...settings,
    query_timeout: QUERY_TIMEOUT_MS,
    max: options.poolSize,
    idleTimeoutMillis: 30_000,
  });
  const hotPool = new pg.Pool({
    ...settings,
    query_timeout: BATCH_TIMEOUT_MS,
    max: HOT_CONNECTIONS,
    idleTimeoutMillis: 30_000,
    onConnect: async (client) => {
      await client.query("set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off");
    },
  });
  for (const each of [pool, hotPool]) {
    explainFailures(each, settings);
    // Idle connections die when the server restarts; the pool replaces them, an unhandled event would end the process.
    each.on("error", (error) =>
      options.log.warn({ error: toErrorRecord(error).message }, "an idle catalog connection was lost"),
    );
  }
  return { pool, hotPool, db: drizzle(pool), settings, newId: options.newId, log: options.log };
}

/** Runs `work` in one transaction; a deadlock or serialisation failure runs it again, at most three times. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return retryConflicts(async () => {
    const client = await pool.connect();
    let broken = false;
    const spoil = () => {
      broken = true;
    };
    try {
      await client.query("begin");
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (error) {
      // Anything but an answer of the server leaves the connection in an unknown state: it is thrown away.
      if (error instanceof pg.DatabaseError) await client.query("rollback").catch(spoil);
      else spoil();
      throw error;
    } finally {
      client.release(broken);
    }
  });
}

/** Runs a transaction again after a deadlock or serialisation failure, at most three times. */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= 4 || !(error instanceof pg.DatabaseError) || !RETRYABLE.has(error.code ?? "")) throw error;
      await delay(5 * tries);
    }
  }
}

/** The value of a bigint column, which the driver hands over as text. */
export function toNumber(value: unknown): number {
  return Number(value);
}

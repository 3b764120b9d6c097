import { DEFAULT_SCHEMA, type PgPool, PostgresConnection } from "bullmq";
import pg from "pg";
import { reconnectDelayMs, sleep } from "./deadline.ts";

const POOL_SIZE = 30;

export function openPool(options: { readonly url: string; readonly poolSize?: number }): pg.Pool {
  return new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? POOL_SIZE,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    options: `-c search_path=${DEFAULT_SCHEMA},public`,
  });
}

/**
 * The pool as BullMQ uses it. A client that was handed out always has a listener for errors: BullMQ takes all of them
 * off when it closes, and the next error of a dead socket would then end the process. `tell` hears whether the server was there,
 * whenever somebody had to do with it: the pool itself tells of clients that idle and of new ones, and there may be neither.
 */
export function guardPool(pool: pg.Pool, tell: (isThere: boolean) => void): PgPool {
  pool.setMaxListeners(100); // Each queue and worker listens for errors; the default of ten would print warnings.
  const away = () => tell(false);
  pool.on("error", away);
  pool.on("connect", () => tell(true));
  const guarded = new WeakSet<pg.PoolClient>();
  const guard = (client: pg.PoolClient): pg.PoolClient => {
    if (guarded.has(client)) return client;
    guarded.add(client);
    const removeAll = client.removeAllListeners.bind(client);
    client.removeAllListeners = (event) => removeAll(event).on("error", away);
    return client.on("error", away);
  };
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      tell(isAnswer(error));
      throw error;
    }
  };
  const facade = {
    options: pool.options, // BullMQ looks whether keepAlive is on.
    query: async (text: string, values?: unknown[]) => {
      const result = await watched(pool.query(text, values));
      tell(true);
      return result;
    },
    connect: async () => guard(await watched(pool.connect())),
    end: () => pool.end(),
    on: pool.on.bind(pool),
    removeAllListeners: pool.removeAllListeners.bind(pool),
  };
  // BullMQ describes the part of a pool that it uses; pg's own has it, under more generous types.
  return facade as unknown as PgPool;
}

/** A refusal of a server that goes on; those of class 57P are its last, or those of one that is not up yet. */
function isAnswer(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith("57P") !== true;
}

/**
 * BullMQ's connection remembers for ever that its server was away when it started; this one waits until it is there.
 * The schema was checked before, when the pool was opened.
 */
export class PatientConnection extends PostgresConnection {
  readonly #random: () => number;
  readonly #closed = new AbortController();
  #ready: Promise<void> | undefined;

  constructor(pool: PgPool, random: () => number) {
    super(pool);
    this.#random = random;
  }

  override waitUntilReady(): Promise<void> {
    this.#ready ??= this.#untilItAnswers();
    return this.#ready;
  }

  override close(): Promise<void> {
    this.#closed.abort();
    return super.close();
  }

  async #untilItAnswers(): Promise<void> {
    for (let times = 1; !this.#closed.signal.aborted; times += 1) {
      try {
        await this.pool.query("select 1");
        this.emit("ready");
        return;
      } catch (error) {
        if (this.listenerCount("error") > 0) this.emit("error", error);
        await sleep(reconnectDelayMs(times, this.#random), this.#closed.signal);
      }
    }
  }
}

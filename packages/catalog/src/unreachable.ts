import { TransientError, UserError } from "@loramill/contracts";
import pg from "pg";

/** Answers of the server that only a person can do something about: wrong password, no such user or database, no right. */
const REFUSALS = /^(28|3D|42501)/;

/** What a failed connection means, without credentials. */
export function unreachable(client: pg.Client, error: unknown): UserError | TransientError {
  if (error instanceof pg.DatabaseError && REFUSALS.test(error.code ?? "")) {
    return new UserError(
      `Postgres at ${whereOf(client)} refuses the connection (${saidBy(error)}): check DATABASE_URL`,
      {
        code: "catalog-refused",
        cause: error,
      },
    );
  }
  return outOfReach(client, error);
}

function outOfReach(client: pg.Client, error: unknown): TransientError {
  return new TransientError(
    `Postgres at ${whereOf(client)} is out of reach (${saidBy(error)}): is it running, and is DATABASE_URL right?`,
    { code: "catalog-unreachable", cause: error },
  );
}

const whereOf = (client: pg.Client): string => `${client.host}:${client.port}/${client.database ?? ""}`;

function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/**
 * Answers of the server that say nothing about the statement: the connection broke (08), no room (53), it is shutting down
 * or starting (57P), nobody is let in (28, 3D). SQLSTATE, PostgreSQL appendix A.
 */
const NOT_NOW = /^(08|53|57P|28|3D)/;

/**
 * Makes every failure of a pool that is about the server, not about a statement, a TransientError that says what to do:
 * the processes that ask wait and try again. What the server says about a statement stays as it is.
 */
export function explainFailures(pool: pg.Pool, settings: pg.ClientConfig): void {
  const named = new pg.Client(settings);
  const explain = (error: unknown): never => {
    const about = error instanceof pg.DatabaseError ? NOT_NOW.test(error.code ?? "") : !isMistake(error, pool);
    throw about ? outOfReach(named, error) : error;
  };
  /** pg's own parts call with a callback, ours never do. */
  const watch = (call: (...given: never[]) => unknown) =>
    ((...given: never[]) =>
      typeof given.at(-1) === "function"
        ? call(...given)
        : (call(...given) as Promise<unknown>).catch(explain)) as never;
  pool.on("connect", (client) => {
    // Cut while somebody has it and asks nothing: whoever asks next hears of it; unheard, it would end the process.
    client.on("error", () => {});
    client.query = watch(client.query.bind(client));
  });
  pool.query = watch(pool.query.bind(pool));
  pool.connect = watch(pool.connect.bind(pool));
}

/** Ours, or of our code: a value that cannot be sent, a pool that was closed. */
function isMistake(error: unknown, pool: pg.Pool): boolean {
  return pool.ending || error instanceof TransientError || error instanceof TypeError || error instanceof RangeError;
}

/** Drizzle wraps what its queries fail with in an error of its own; callers get our errors as they are. */
export function unwrapFailures<Queries extends object>(queries: Queries): Queries {
  const entries = Object.entries(queries).map(([name, query]) => [
    name,
    async (...given: unknown[]) => {
      try {
        return await (query as (...given: unknown[]) => Promise<unknown>)(...given);
      } catch (error) {
        throw error instanceof Error && error.cause instanceof TransientError ? error.cause : error;
      }
    },
  ]);
  return Object.fromEntries(entries) as Queries;
}

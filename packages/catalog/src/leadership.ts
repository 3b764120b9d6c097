import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Connection } from "./connection.ts";
import { endClient } from "./end-client.ts";

/** A hold on leadership. It can be lost at any time: `lost` aborts within a few seconds of the server giving it up. */
export interface Leadership {
  readonly lost: AbortSignal;
  /** Gives it up. Safe to call twice. */
  resign(): Promise<void>;
}

/**
 * Tries to take an advisory lock on a connection of its own; null when somebody else holds it. The server drops the
 * lock with the connection, and is told to be quick about it: keepalives find a machine that vanished, the idle limit a
 * process that froze. The holder asks every `checkMs` whether its session still lives.
 */
export async function tryToLead(
  { settings }: Connection,
  request: { readonly lock: string; readonly checkMs: number },
): Promise<Leadership | null> {
  const { lock, checkMs } = request;
  const idleMs = Math.max(3 * checkMs, 3_000);
  const client = new pg.Client({ ...settings, query_timeout: idleMs });
  const lost = new AbortController();
  client.on("error", () => lost.abort());
  client.on("end", () => lost.abort());
  let ending: Promise<void> | undefined;
  const end = () => {
    lost.abort();
    ending ??= endClient(client);
    return ending;
  };
  try {
    await client.connect();
    await client.query(
      `set idle_session_timeout = ${idleMs}; set tcp_keepalives_idle = 2; set tcp_keepalives_interval = 2;
       set tcp_keepalives_count = 3; set tcp_user_timeout = 8000`,
    );
    const { rows } = await client.query<{ held: boolean }>(
      "select pg_try_advisory_lock(hashtextextended($1, 0)) as held",
      [lock],
    );
    if (rows[0]?.held !== true) {
      await end();
      return null;
    }
  } catch (error) {
    await end();
    throw error;
  }
  const checking = (async () => {
    while (!lost.signal.aborted) {
      await delay(checkMs, undefined, { signal: lost.signal }).catch(() => {});
      if (!lost.signal.aborted) await client.query("select 1").catch(end);
    }
  })();
  return {
    lost: lost.signal,
    async resign() {
      await end();
      await checking;
    },
  };
}

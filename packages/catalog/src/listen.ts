import { setTimeout as delay } from "node:timers/promises";
import { toErrorRecord } from "@loramill/contracts";
import pg from "pg";
import type { Connection } from "./connection.ts";
import { endClient } from "./end-client.ts";

export interface Subscription {
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** A connection that looks alive but is not (a cut cable, a firewall that forgot it) is found by asking this often. */
const CHECK_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 5_000;

/**
 * Hears NOTIFY on a connection of its own, and connects again when it is lost. Messages may be missed meanwhile:
 * after each reconnect `onMessage` is called once with an empty payload, and every listener must also look by itself now
 * and then. Resolves when the server has accepted the first LISTEN, or the signal ends the attempts.
 */
export async function listen(
  { settings, log }: Connection,
  channel: string,
  onMessage: (payload: string) => void,
  signal?: AbortSignal,
): Promise<Subscription> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  const first = Promise.withResolvers<void>();

  let heardBefore = false;

  async function hear(): Promise<void> {
    const client = new pg.Client({ ...settings, query_timeout: ANSWER_WITHIN_MS });
    const over = new AbortController();
    const end = () => over.abort();
    stopping.signal.addEventListener("abort", end, { once: true });
    client.on("error", end);
    client.on("end", end);
    client.on("notification", (message) => onMessage(message.payload ?? ""));
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      if (heardBefore) onMessage("");
      heardBefore = true;
      first.resolve();
      while (!stopping.signal.aborted) {
        await delay(CHECK_EVERY_MS, undefined, { signal: over.signal }).catch(() => {});
        if (!stopping.signal.aborted) await client.query("select 1");
      }
    } finally {
      stopping.signal.removeEventListener("abort", end);
      await endClient(client);
    }
  }

  async function run(): Promise<void> {
    let pauseMs = 100;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      try {
        await hear();
      } catch (error) {
        if (stopping.signal.aborted) break;
        log.warn(
          { error: toErrorRecord(error).message, channel },
          "listening on the catalog was interrupted; connecting again",
        );
        pauseMs = performance.now() - startedAt > 10_000 ? 100 : Math.min(pauseMs * 2, 5_000);
        await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  }

  const running = run();
  await Promise.race([first.promise, running]);
  return {
    async close() {
      signal?.removeEventListener("abort", stop);
      stop();
      await running;
    },
  };
}

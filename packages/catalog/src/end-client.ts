import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";

/** A half-dead connection never confirms its end; the socket is closed all the same. */
const CONFIRMED_WITHIN_MS = 1_000;

/** Ends a connection, and waits for that a little; never rejects. The wait by itself keeps no process from its end. */
export async function endClient(client: pg.Client): Promise<void> {
  await Promise.race([client.end().catch(() => {}), delay(CONFIRMED_WITHIN_MS, undefined, { ref: false })]);
}

import { setTimeout as delay } from "node:timers/promises";
import type { Catalog } from "@loramill/catalog";
import { type Logger, toErrorRecord } from "@loramill/contracts";

const CHECK_MS = 2_000;

export interface Repeated {
  readonly catalog: Pick<Catalog, "tryToLead">;
  /** Of all processes of a catalog, one at a time holds it. */
  readonly lock: string;
  readonly pauseMs: number;
  /** What it is, for the log. */
  readonly what: string;
  readonly log: Logger;
  /** Begins anew with each leadership; what it answers is done once after each pause. */
  readonly begin: () => (signal: AbortSignal) => Promise<void>;
  /** When another process may lead from now on. */
  readonly onStandBy?: () => void;
}

/**
 * Does something again and again until it is stopped; while another process does, it stands by. The first round comes after a
 * whole pause. What fails begins again after one. `stop` is safe to call twice.
 */
export function repeatAsLeader(repeated: Repeated): { stop(): Promise<void> } {
  const { catalog, lock, pauseMs, what, log } = repeated;
  const stopping = new AbortController();

  async function lead(signal: AbortSignal): Promise<void> {
    const round = repeated.begin();
    while (await paused(pauseMs, signal)) await round(signal);
  }

  async function stand(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const leadership = await catalog.tryToLead({ lock, checkMs: CHECK_MS });
        if (leadership !== null) {
          await lead(AbortSignal.any([stopping.signal, leadership.lost])).finally(() => leadership.resign());
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error({ error: toErrorRecord(error).message }, `${what} failed; it begins again`);
      }
      repeated.onStandBy?.();
      await paused(pauseMs, stopping.signal);
    }
  }

  const running = stand();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** False when it was stopped meanwhile. */
async function paused(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

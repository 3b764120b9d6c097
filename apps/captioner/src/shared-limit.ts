import { setTimeout as wait } from "node:timers/promises";
import type { EndpointLimits, RateLimiter } from "@loramill/contracts";

/** One worker's part in the limits of an endpoint that all workers share. */
export interface SharedLimit {
  /** Comes back when a question may start. */
  enter(signal: AbortSignal): Promise<Entry>;
  /** The endpoint asked this worker to wait: all of them do. */
  hold(forMs: number): Promise<void>;
  /** Waits until the others know that nothing is open here; to be called when nothing is. */
  close(): Promise<void>;
}

export interface Entry {
  /** When not null, nobody may start for so long, in milliseconds, and there is nothing to leave. */
  readonly heldForMs: number | null;
  /** The question has been answered. */
  leave(): void;
}

/** At least so long lies between two statements of a worker about an endpoint: what comes meanwhile is asked in one. */
const GAP_MS = 50;
/** How often a worker with open questions says that it is alive; a third of the lease. */
const RENEW_MS = 5_000;

interface Waiter {
  /** Milliseconds until the start, or how long everybody waits. */
  admit(answer: { readonly startInMs: number } | { readonly heldForMs: number }): void;
  fail(error: unknown): void;
}

/**
 * Takes permits for those that wait, a batch at a time. Asks nothing while nobody waits and nothing is open. What the
 * limiter fails with goes to those that wait.
 */
export function createSharedLimit(options: {
  readonly limiter: RateLimiter;
  readonly endpoint: string;
  readonly holder: string;
  readonly limits: EndpointLimits;
}): SharedLimit {
  const { limiter, endpoint, holder, limits } = options;
  const countsOpen = limits.atOnce !== null;
  const queue: Waiter[] = [];
  /** Permits that were given out here and have not come back. */
  let open = 0;
  /** What the limiter believes is open here. */
  let reported = 0;
  let asking: Promise<void> | null = null;
  let wake = () => {};

  const isNeeded = () => queue.length > 0 || (countsOpen && reported > 0);

  async function askWhileNeeded(): Promise<void> {
    while (isNeeded()) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const pauseMs = await askOnce();
      await wait(GAP_MS);
      if (!isNeeded()) break;
      const nap = new AbortController();
      await Promise.race([wait(pauseMs, undefined, { signal: nap.signal }).catch(() => undefined), woken]);
      nap.abort();
    }
    asking = null;
  }

  /** Asks for all that wait; how long the next asking can wait when nothing happens, in milliseconds. */
  async function askOnce(): Promise<number> {
    try {
      const before = open;
      const grant = await limiter.take({ endpoint, holder, limits, open, wanted: queue.length });
      reported = before + grant.granted;
      for (let index = 0; index < grant.granted && queue.length > 0; index += 1) {
        open += 1;
        queue.shift()?.admit({ startInMs: grant.startInMs + index * grant.spacingMs });
      }
      if (grant.heldForMs > 0) for (const waiter of queue.splice(0)) waiter.admit({ heldForMs: grant.heldForMs });
      if (queue.length > 0) return grant.askAgainInMs;
      // Answers that came meanwhile, and permits that nobody wanted any more, are told at once.
      return countsOpen && reported !== open ? 0 : RENEW_MS;
    } catch (error) {
      for (const waiter of queue.splice(0)) waiter.fail(error);
      // Nothing is open here: what the limiter believes lapses by itself.
      if (open === 0) reported = 0;
      return RENEW_MS;
    }
  }

  function leave(): void {
    open -= 1;
    if (countsOpen) wake();
  }

  return {
    async enter(signal) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Parameters<Waiter["admit"]>[0]>();
      const waiter = { admit: resolve, fail: reject };
      const giveUp = () => {
        const at = queue.indexOf(waiter);
        if (at < 0) return;
        queue.splice(at, 1);
        reject(signal.reason);
      };
      signal.addEventListener("abort", giveUp, { once: true });
      try {
        if (queue.push(waiter) === 1) wake();
        asking ??= askWhileNeeded();
        const answer = await promise;
        if ("heldForMs" in answer) return { heldForMs: answer.heldForMs, leave: () => {} };
        try {
          if (answer.startInMs >= 1) await wait(answer.startInMs, undefined, { signal });
          signal.throwIfAborted();
        } catch {
          leave();
          throw signal.reason;
        }
        return { heldForMs: null, leave };
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
    },

    hold: (forMs) => limiter.hold({ endpoint, forMs }),

    close: async () => void (await asking),
  };
}

import type { RateLimiter } from "@loramill/contracts";

export interface FakeRateLimiter extends RateLimiter {
  /** How often permits were asked for. */
  readonly asked: number;
  /** What endpoints asked to wait, in milliseconds. */
  readonly holds: readonly number[];
}

/** Limits within one process, with the clock of the machine; no other process knows of them. */
export function createFakeRateLimiter(): FakeRateLimiter {
  const holds: number[] = [];
  let asked = 0;
  let nextAt = 0;
  let heldUntil = 0;
  return {
    holds,
    get asked() {
      return asked;
    },
    async take({ limits, open, wanted }) {
      asked += 1;
      const now = performance.now();
      const spacingMs = limits.requestsPerMinute === null ? 0 : 60_000 / limits.requestsPerMinute;
      const startInMs = Math.max(0, nextAt - now);
      const heldForMs = Math.max(0, heldUntil - now);
      const granted = heldForMs > 0 ? 0 : Math.min(wanted, (limits.atOnce ?? Number.POSITIVE_INFINITY) - open);
      if (granted > 0) nextAt = now + startInMs + granted * spacingMs;
      return { granted, startInMs, spacingMs, heldForMs, askAgainInMs: granted === wanted ? 0 : 20 };
    },
    async hold({ forMs }) {
      holds.push(forMs);
      heldUntil = Math.max(heldUntil, performance.now() + forMs);
    },
  };
}

import { readRateLimit, readRetryAfter } from "@loramill/contracts";

interface Headers {
  get(name: string): string | null;
}

/** Longest wait that is taken from an answer: whoever asks for more is asked again. */
const MAX_WAIT_MS = 3_600_000;

/**
 * Milliseconds to wait before the next request: by `Retry-After` (seconds or a date), else by the window of `RateLimit` that is
 * used up and resets last (`"minute";r=0;t=12, "hour";r=2800;t=1812`: remaining requests, seconds to the reset).
 */
export function readWaitMs(headers: Headers, now: Date): number | undefined {
  const told = readRetryAfter(headers.get("retry-after"), now) ?? readRateLimit(headers.get("ratelimit"));
  return told === undefined ? undefined : Math.min(told, MAX_WAIT_MS);
}

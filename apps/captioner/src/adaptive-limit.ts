/**
 * How many questions an endpoint is asked at once, found from its answers: up while they come as fast as ever, down when
 * they slow down or the endpoint says no. The best number is where a short queue stands before the endpoint.
 */
export interface AdaptiveLimit {
  /** At least 1, at most what it was made with. */
  current(): number;
  /** An answer that took so long, with so many questions open when it was asked, in milliseconds. */
  answered(latencyMs: number, openAtStart: number): void;
  /** A refusal or overload of a question that was asked then, with so many open. */
  pushedBack(startedAtMs: number, open: number): void;
}

/** Before anything is known; a server with one slot keeps the others waiting for some seconds, once. */
const START = 32;
/** Twice the fastest answer means that as many wait as are worked on; a little more, so that a full queue is left alone. */
const SLOW = 2.5;
/** Answers of a few milliseconds vary by more than their queue. */
const SLACK_MS = 50;
const AFTER_SLOW = 0.8;
const AFTER_REFUSAL = 0.85;
/** Near the number at which it went wrong, steps are small. */
const CAUTION = 0.95;
/** The fastest answer is forgotten slowly: models are swapped and networks change. */
const FORGETTING = 1.002;

export function createAdaptiveLimit(most: number, now: () => number): AdaptiveLimit {
  let limit = Math.min(most, START);
  let fastest = Number.POSITIVE_INFINITY;
  /** Until something went wrong for the first time, the limit doubles and more with each round of answers. */
  let ceiling: number | null = null;
  let loweredAt = Number.NEGATIVE_INFINITY;
  let answersSince = 0;

  function lower(factor: number, at: number): void {
    ceiling = at;
    limit = Math.max(1, limit * factor);
    loweredAt = now();
    answersSince = 0;
  }

  return {
    current: () => Math.max(1, Math.floor(limit)),

    answered(latencyMs, openAtStart) {
      fastest = Math.min(latencyMs, fastest * FORGETTING);
      answersSince += 1;
      if (latencyMs > fastest * SLOW + SLACK_MS) {
        // One step for each round of answers: those on their way were asked under the old limit.
        if (answersSince > limit) lower(AFTER_SLOW, limit);
        return;
      }
      // A limit that was not reached was not tried.
      if (openAtStart < limit / 2) return;
      const step = ceiling === null ? 2 : limit < ceiling * CAUTION ? 0.5 : 1 / limit;
      limit = Math.min(most, limit + step);
    },

    pushedBack(startedAtMs, open) {
      if (startedAtMs > loweredAt) lower(AFTER_REFUSAL, Math.max(1, Math.min(limit, open)));
    },
  };
}

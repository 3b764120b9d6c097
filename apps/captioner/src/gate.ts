import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type Captioner, PermanentError, type RateLimiter, TransientError } from "@loramill/contracts";
import { createAdaptiveLimit } from "./adaptive-limit.ts";
import { createSharedLimit, type SharedLimit } from "./shared-limit.ts";

/**
 * The way to one endpoint, shared by all jobs of a worker: how many at once, how often, and whether at all. Where the
 * endpoint has limits, they are shared with all other workers.
 */
export interface Gate {
  /**
   * Runs `work` when its turn has come. What an endpoint asks to wait for is waited for when it is short, and the question
   * put again. TransientError `circuit-open` when the way is closed and the question says that it has another.
   */
  pass<T>(work: () => Promise<T>, passage: Passage): Promise<T>;
  /** Why it is better not to ask for now, or null. */
  closedBecause(): string | null;
}

export interface Passage {
  readonly signal: AbortSignal;
  /** Ends the wait for a turn, not the work. */
  readonly waiting: AbortSignal;
  /** Whether somebody else can be asked while the way is closed. */
  readonly hasOther?: boolean;
}

type Limited = Pick<Captioner, "id" | "concurrency" | "requestsPerMinute" | "atOnce">;

export interface Gates {
  of(captioner: Limited): Gate;
  /** Questions that are being asked, so that no other asks the same. */
  readonly pending: Map<string, Promise<void>>;
  /** Gives back what other workers could use; to be called when nothing is asked any more, before the limiter closes. */
  close(): Promise<void>;
}

/** Longer waits park the job, so that the worker does something else, in milliseconds. */
const MAX_WAIT_HERE_MS = 10_000;
/** Times a question is put again after the endpoint asked to wait, and after an answer that was of no use. */
const MAX_WAITS = 4;
const MAX_USELESS = 2;
const FIRST_WAIT_MS = 500;

/** This many failures in a row close the way for a while: a chain then goes on without the endpoint. */
const MAX_FAILURES = 5;
const CLOSED_MS = 30_000;
/** A key that is refused or an account without credit takes a person. */
const CLOSED_BY_REFUSAL_MS = 300_000;

const CLOSED = "circuit-open";
const BUSY = new Set(["rate-limited", "model-loading"]);
/** The endpoint works; what it said about this picture is of no use. */
export const USELESS: ReadonlySet<string> = new Set(["empty-answer", "bad-answer", "prediction-failed"]);

/** `limiter` holds what endpoints with limits are asked by all workers; others are never mentioned to it. */
export function openGates(limiter: RateLimiter, now: () => number = () => performance.now()): Gates {
  const gates = new Map<string, Gate>();
  const shared: SharedLimit[] = [];
  const holder = randomUUID();
  return {
    pending: new Map(),
    of(captioner) {
      const known = gates.get(captioner.id);
      if (known !== undefined) return known;
      const gate = createGate(captioner.concurrency, sharedLimitOf(captioner), now);
      gates.set(captioner.id, gate);
      return gate;
    },
    close: async () => {
      await Promise.all(shared.map((limit) => limit.close()));
    },
  };

  function sharedLimitOf({ id, requestsPerMinute, atOnce }: Limited): SharedLimit | null {
    if (requestsPerMinute === undefined && atOnce === undefined) return null;
    const limits = { requestsPerMinute: requestsPerMinute ?? null, atOnce: atOnce ?? null };
    const limit = createSharedLimit({ limiter, endpoint: id, holder, limits });
    shared.push(limit);
    return limit;
  }
}

function createGate(concurrency: number, shared: SharedLimit | null, now: () => number): Gate {
  const limit = createAdaptiveLimit(concurrency, now);
  const queue: (() => void)[] = [];
  let open = 0;
  let pausedUntil = 0;
  let failures = 0;
  let closed: { until: number; why: string } | null = null;

  function admit(): void {
    while (open < limit.current() && queue.length > 0) {
      open += 1;
      queue.shift()?.();
    }
  }

  async function enter(waiting: AbortSignal): Promise<void> {
    waiting.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const enterNow = () => {
        waiting.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        const at = queue.indexOf(enterNow);
        if (at >= 0) queue.splice(at, 1);
        reject(waiting.reason);
      };
      waiting.addEventListener("abort", leave, { once: true });
      queue.push(enterNow);
      admit();
    });
  }

  function leave(): void {
    open -= 1;
    admit();
  }

  /** Waits as the endpoint and the limits want it; answers what to call when the question is over. Throws when it would be long. */
  async function pace(waiting: AbortSignal): Promise<() => void> {
    for (;;) {
      await waitWhilePaused(waiting);
      const entry = await shared?.enter(waiting);
      if (entry === undefined) return () => {};
      if (entry.heldForMs === null) return entry.leave;
      pausedUntil = Math.max(pausedUntil, now() + entry.heldForMs);
    }
  }

  async function waitWhilePaused(waiting: AbortSignal): Promise<void> {
    for (let pause = pausedUntil - now(); pause > 0; pause = pausedUntil - now()) {
      if (pause > MAX_WAIT_HERE_MS) {
        throw new TransientError("The captioning endpoint asked to wait", {
          code: "rate-limited",
          retryAfterMs: Math.ceil(pause),
        });
      }
      await wait(pause, undefined, { signal: waiting }).catch(() => waiting.throwIfAborted());
    }
  }

  /** Nobody asks before then, here or elsewhere. */
  async function pauseAll(pause: number): Promise<void> {
    const until = now() + pause;
    if (until <= pausedUntil) return;
    pausedUntil = until;
    await shared?.hold(pause);
  }

  /** Notes what an error says about the endpoint. */
  function learn(error: unknown, startedAt: number): void {
    if (error instanceof PermanentError) {
      closed = { until: now() + CLOSED_BY_REFUSAL_MS, why: error.message };
      return;
    }
    if (!(error instanceof TransientError) || USELESS.has(error.code)) return;
    limit.pushedBack(startedAt, open);
    if (BUSY.has(error.code)) return;
    failures += 1;
    if (failures >= MAX_FAILURES) closed = { until: now() + CLOSED_MS, why: error.message };
  }

  function closedBecause(): string | null {
    if (closed !== null && closed.until <= now()) {
      // One more failure closes it again.
      closed = null;
      failures = MAX_FAILURES - 1;
    }
    return closed?.why ?? null;
  }

  return {
    closedBecause,

    async pass(work, { signal, waiting, hasOther = false }) {
      const either = AbortSignal.any([signal, waiting]);
      for (let waits = 0, useless = 0; ; ) {
        await enter(either);
        let startedAt: number | null = null;
        let endShared = () => {};
        try {
          endShared = await pace(either);
          const why = hasOther ? closedBecause() : null;
          if (why !== null) throw new TransientError(why, { code: CLOSED });
          startedAt = now();
          const openAtStart = open;
          const answer = await work();
          limit.answered(now() - startedAt, openAtStart);
          failures = 0;
          closed = null;
          return answer;
        } catch (error) {
          if (signal.aborted || waiting.aborted) throw error;
          // What came before the question says nothing about the endpoint.
          if (startedAt === null) throw error;
          learn(error, startedAt);
          if (!(error instanceof TransientError)) throw error;
          if (USELESS.has(error.code) && useless < MAX_USELESS) useless += 1;
          else if (BUSY.has(error.code) && waits < MAX_WAITS) {
            const pause = error.retryAfterMs ?? FIRST_WAIT_MS * 2 ** waits;
            await pauseAll(pause);
            if (pause > MAX_WAIT_HERE_MS) throw error;
            waits += 1;
          } else throw error;
        } finally {
          endShared();
          leave();
        }
      }
    },
  };
}

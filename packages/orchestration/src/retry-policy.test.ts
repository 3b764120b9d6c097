import type { JobPolicy } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideRetry, MAX_RETRY_AFTER_MS, type RetryQuestion } from "./retry-policy.ts";
import { errorRecord } from "./testing/fixtures.ts";

const policy: JobPolicy = {
  attempts: 4,
  backoffMs: 1_000,
  maxBackoffMs: 60_000,
  turnTimeoutMs: 1_000,
  maxLostWorkers: 3,
};
const now = new Date("2026-01-01T00:00:00Z");
const ask = (over: Partial<RetryQuestion> = {}) =>
  decideRetry({ error: errorRecord(), policy, attemptsSpent: 0, now, random: () => 0.5, ...over });
const waitOf = (over: Partial<RetryQuestion> = {}): number => {
  const decision = ask(over);
  if (decision.kind !== "retry") throw new Error(`expected a retry, got ${decision.kind}`);
  return decision.until.getTime() - now.getTime();
};

describe("decideRetry", () => {
  it("retries transient errors and bugs until the attempts are spent", () => {
    for (const errorClass of ["transient", "bug"] as const) {
      const error = errorRecord({ class: errorClass, code: "unexpected" });
      const kinds = [0, 1, 2, 3].map((attemptsSpent) => ask({ error, attemptsSpent }));
      expect(kinds.map(({ kind }) => kind)).toEqual(["retry", "retry", "retry", "fail"]);
      expect(kinds.slice(0, 3)).toEqual(kinds.slice(0, 3).map((kind) => ({ ...kind, spendsAttempt: true })));
    }
  });

  it("fails user and permanent errors at once, whatever their code", () => {
    for (const errorClass of ["user", "permanent"] as const) {
      for (const code of ["bad-recipe", "capacity", "timeout"]) {
        expect(ask({ error: errorRecord({ class: errorClass, code }) })).toEqual({ kind: "fail" });
      }
    }
  });

  it("brings jobs back for free after lost capacity, preemption and drain, however often", () => {
    for (const code of ["capacity", "preempted", "drained"]) {
      expect(ask({ error: errorRecord({ code }), attemptsSpent: 100 })).toMatchObject({
        kind: "retry",
        spendsAttempt: false,
      });
    }
  });

  it("quarantines poison at once and an input that lost more workers than allowed", () => {
    expect(ask({ error: errorRecord({ class: "user", code: "poison-input" }) })).toEqual({ kind: "quarantine" });
    const error = errorRecord({ code: "worker-lost" });
    expect(ask({ error, workersLost: 3 })).toMatchObject({ kind: "retry", spendsAttempt: false });
    expect(ask({ error, workersLost: 4 })).toEqual({ kind: "quarantine" });
  });

  it("lets a lost worker spend attempts where nobody counts losses, so that it ends all the same", () => {
    const error = errorRecord({ code: "worker-lost" });
    expect(ask({ error, attemptsSpent: 0 })).toMatchObject({ kind: "retry", spendsAttempt: true });
    expect(ask({ error, attemptsSpent: 3 })).toEqual({ kind: "quarantine" });
  });

  it("tries a diverged training once more and no further", () => {
    const error = errorRecord({ code: "diverged" });
    expect(ask({ error, attemptsSpent: 0 }).kind).toBe("retry");
    expect(ask({ error, attemptsSpent: 1 }).kind).toBe("fail");
  });

  it("doubles the range of the delay with every attempt up to the cap", () => {
    const waits = [0, 1, 2].map((attemptsSpent) => waitOf({ attemptsSpent }));
    expect(waits).toEqual([500, 1_000, 2_000]);
    expect(waitOf({ policy: { ...policy, attempts: 50 }, attemptsSpent: 40 })).toBe(30_000);
  });

  it("waits at least as long as the other side asked, and at most an hour", () => {
    expect(waitOf({ error: errorRecord({ retryAfterMs: 20_000 }) })).toBe(20_500);
    expect(waitOf({ error: errorRecord({ retryAfterMs: 86_400_000 }) })).toBe(MAX_RETRY_AFTER_MS);
  });

  it("never comes back before now, nor later than the longest of backoff and Retry-After", () => {
    const question = fc.record({
      attemptsSpent: fc.nat(100),
      retryAfterMs: fc.option(fc.nat(10_000_000), { nil: undefined }),
      code: fc.constantFrom(
        "capacity",
        "preempted",
        "drained",
        "connection",
        "timeout",
        "worker-lost",
        "out-of-memory",
      ),
      random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    });
    fc.assert(
      fc.property(question, ({ attemptsSpent, retryAfterMs, code, random }) => {
        const error = errorRecord(retryAfterMs === undefined ? { code } : { code, retryAfterMs });
        const decision = ask({ error, attemptsSpent, policy: { ...policy, attempts: 1_000 }, random: () => random });
        if (decision.kind !== "retry") throw new Error("attempts are left");
        const wait = decision.until.getTime() - now.getTime();
        const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
        expect(wait).toBeGreaterThanOrEqual(asked);
        expect(wait).toBeLessThanOrEqual(Math.max(policy.maxBackoffMs, Math.min(asked * 1.1 + 1, MAX_RETRY_AFTER_MS)));
      }),
    );
  });
});

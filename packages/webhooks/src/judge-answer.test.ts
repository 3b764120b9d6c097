import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeAnswer } from "./judge-answer.ts";
import { defaultWebhookOptions } from "./webhook-config.ts";

const policy = defaultWebhookOptions.retry;
const HOUR_MS = 3_600_000;
const half = () => 0.5;
const answered = (status: number, retryAfterMs?: number) =>
  ({ kind: "status", status, durationMs: 10, retryAfterMs }) as const;
const judge = (
  answer: Parameters<typeof judgeAnswer>[0],
  { triedMs = 0, failingMs = 0, random = half }: { triedMs?: number; failingMs?: number; random?: () => number } = {},
) => judgeAnswer(answer, { triedMs, failingMs }, policy, random);

describe("an answer", () => {
  it("of 2xx has taken the message", () => {
    for (const status of [200, 201, 202, 204, 299]) expect(judge(answered(status)).kind).toBe("delivered");
  });

  it("of 410 ends the webhook, and any other is tried again", () => {
    expect(judge(answered(410))).toMatchObject({ kind: "failed", status: 410, disable: /gone/ });
    for (const status of [301, 307, 400, 401, 403, 404, 408, 429, 500, 503]) {
      expect(judge(answered(status)), String(status)).toMatchObject({ kind: "retry", status, disable: null });
    }
    expect(judge({ kind: "none", durationMs: 5, error: "the connection failed (ECONNRESET)" })).toMatchObject({
      kind: "retry",
      status: null,
      error: "the connection failed (ECONNRESET)",
    });
  });

  it("of a redirect says that it is not followed", () => {
    expect(judge(answered(302))).toMatchObject({ error: /not followed/ });
  });

  it("may ask for a longer pause, of a day at most, and not for a shorter one", () => {
    const waitMs = (asked: number) => {
      const outcome = judge(answered(503, asked));
      return outcome.kind === "retry" ? outcome.waitMs : null;
    };
    expect(waitMs(600_000)).toBe(600_000);
    expect(waitMs(0)).toBe(5_000);
    expect(waitMs(1_000 * HOUR_MS)).toBe(24 * HOUR_MS);
  });

  it("ends the message when its time is over, and the webhook when nothing has arrived for days", () => {
    expect(judge(answered(500), { triedMs: 72 * HOUR_MS })).toMatchObject({ kind: "failed", disable: null });
    expect(judge(answered(500), { triedMs: 71 * HOUR_MS })).toMatchObject({ kind: "retry" });
    expect(judge(answered(500), { failingMs: 120 * HOUR_MS })).toMatchObject({ kind: "failed", disable: /120 hours/ });
  });
});

it("a message that never arrives is tried about twenty times over three days, first soon and then every few hours", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 40 }),
      (chances) => {
        const waits: number[] = [];
        let triedMs = 0;
        for (const chance of chances) {
          const outcome = judge(answered(500), { triedMs, random: () => chance });
          if (outcome.kind !== "retry") break;
          waits.push(outcome.waitMs);
          triedMs += outcome.waitMs;
        }
        expect(triedMs).toBeGreaterThanOrEqual(72 * HOUR_MS);
        expect(triedMs).toBeLessThan((72 + 7.5) * HOUR_MS);
        expect(waits.length).toBeGreaterThan(12);
        expect(waits.length).toBeLessThan(30);
        expect(waits[0]).toBeLessThan(10_000);
        expect(Math.max(...waits)).toBeLessThanOrEqual(7.5 * HOUR_MS);
      },
    ),
  );
});

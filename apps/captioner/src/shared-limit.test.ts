import type { PermitRequest, RateLimiter } from "@loramill/contracts";
import { createFakeRateLimiter } from "@loramill/testkit";
import { describe, expect, it } from "vitest";
import { createSharedLimit } from "./shared-limit.ts";

function open(limits: PermitRequest["limits"], over: Partial<RateLimiter> = {}) {
  const asked: PermitRequest[] = [];
  const fake = createFakeRateLimiter();
  const limiter: RateLimiter = {
    take: (request) => {
      asked.push(request);
      return (over.take ?? fake.take)(request);
    },
    hold: fake.hold,
  };
  return { asked, shared: createSharedLimit({ limiter, endpoint: "openai:x", holder: "me", limits }) };
}

const signal = () => new AbortController().signal;
const slots = { requestsPerMinute: null, atOnce: 4 };

describe("a worker's part in a shared limit", () => {
  it("asks once for all that wait, and says when nothing is open any more", async () => {
    const { asked, shared } = open(slots);
    const first = await Promise.all([shared.enter(signal()), shared.enter(signal()), shared.enter(signal())]);
    for (const { leave } of first) leave();
    await shared.close();
    expect(asked.map(({ open: held, wanted }) => [held, wanted])).toEqual([
      [0, 1],
      [1, 2],
      [0, 0],
    ]);
  });

  it("says so too when the last answer came while it was asking", async () => {
    let answer = () => {};
    const { asked, shared } = open(slots, {
      take: async ({ wanted }) => {
        if (asked.length === 2) await new Promise<void>((resolve) => (answer = resolve));
        return { granted: wanted, startInMs: 0, spacingMs: 0, heldForMs: 0, askAgainInMs: 0 };
      },
    });
    const one = await shared.enter(signal());
    const coming = shared.enter(signal());
    await expect.poll(() => asked.length).toBe(2);
    one.leave();
    answer();
    (await coming).leave();
    await shared.close();
    expect(asked.at(-1)).toMatchObject({ open: 0, wanted: 0 });
  });

  it("gives back the permit of one that gives up before its start", async () => {
    const { asked, shared } = open(slots, {
      take: async ({ wanted }) => ({
        granted: wanted,
        startInMs: 60_000,
        spacingMs: 0,
        heldForMs: 0,
        askAgainInMs: 0,
      }),
    });
    const giveUp = new AbortController();
    const waiting = shared.enter(giveUp.signal);
    const reason = new Error("given up");
    await expect.poll(() => asked.length).toBe(1);
    giveUp.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await shared.close();
    expect(asked.at(-1)).toMatchObject({ open: 0, wanted: 0 });
  });

  it("says nothing more where only the rate is limited", async () => {
    const { asked, shared } = open({ requestsPerMinute: 60_000, atOnce: null });
    (await shared.enter(signal())).leave();
    await shared.close();
    expect(asked).toHaveLength(1);
  });
});

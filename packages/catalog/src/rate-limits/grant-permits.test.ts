import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type EndpointState, grantPermits, LEASE_MS } from "./grant-permits.ts";

const fresh: EndpointState = { nextAt: 0, heldUntil: 0, holders: {} };
const unlimited = { requestsPerMinute: null, atOnce: null };

describe("permits for an endpoint", () => {
  it("never let more start in any window than the rate allows and one, whoever asks for how many and when", () => {
    const asking = fc.record({
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      holder: fc.constantFrom("a", "b", "c"),
      wanted: fc.integer({ min: 0, max: 200 }),
      holdMs: fc.option(fc.integer({ min: 1, max: 5_000 }), { freq: 8 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20_000 }),
        fc.array(asking, { maxLength: 40 }),
        (requestsPerMinute, askings) => {
          const limits = { requestsPerMinute, atOnce: null };
          const starts: number[] = [];
          let state = fresh;
          let now = 1e12;
          for (const { afterMs, holder, wanted, holdMs } of askings) {
            now += afterMs;
            if (holdMs !== null) state = { ...state, heldUntil: Math.max(state.heldUntil, now + holdMs) };
            const { state: next, grant } = grantPermits(state, { holder, limits, open: 0, wanted }, now);
            if (grant.granted > 0) expect(now).toBeGreaterThanOrEqual(state.heldUntil);
            expect(grant.granted).toBeLessThanOrEqual(wanted);
            if (grant.granted < wanted) expect(grant.askAgainInMs).toBeGreaterThan(0);
            for (let k = 0; k < grant.granted; k += 1) starts.push(now + grant.startInMs + k * grant.spacingMs);
            state = next;
          }
          // Evenly spaced starts are the bound of every window at once. A millisecond since 1970 has about 10⁻⁴ ms of room.
          const spacing = 60_000 / requestsPerMinute;
          for (let k = 1; k < starts.length; k += 1) {
            expect((starts[k] ?? 0) - (starts[k - 1] ?? 0)).toBeGreaterThan(spacing - 0.01);
          }
        },
      ),
    );
  });

  it("fill a rate of 1,200 a minute in batches, with about four statements a second", () => {
    const limits = { requestsPerMinute: 1_200, atOnce: null };
    let state = fresh;
    let now = 1e12;
    let granted = 0;
    let statements = 0;
    for (const end = now + 60_000; now < end; ) {
      const answer = grantPermits(state, { holder: "a", limits, open: 0, wanted: 64 }, now);
      state = answer.state;
      granted += answer.grant.granted;
      statements += 1;
      now += Math.max(50, answer.grant.askAgainInMs);
    }
    expect(granted).toBeGreaterThanOrEqual(1_200);
    expect(granted).toBeLessThanOrEqual(1_211);
    expect(statements).toBeLessThan(300);
  });

  it("never open more slots than there are, and take those of a silent holder back", () => {
    const limits = { requestsPerMinute: null, atOnce: 10 };
    const ask = (state: EndpointState, holder: string, open: number, wanted: number, now: number) =>
      grantPermits(state, { holder, limits, open, wanted }, now);
    const a = ask(fresh, "a", 0, 7, 1_000);
    const b = ask(a.state, "b", 0, 7, 1_000);
    expect([a.grant.granted, b.grant.granted]).toEqual([7, 3]);
    expect(ask(b.state, "c", 0, 1, 1_000 + LEASE_MS - 1).grant).toMatchObject({ granted: 0 });
    const alive = ask(b.state, "b", 3, 0, 10_000);
    expect(ask(alive.state, "c", 0, 9, 1_000 + LEASE_MS).grant.granted).toBe(7);
    const gone = ask(alive.state, "b", 0, 0, 11_000);
    expect(Object.keys(gone.state.holders)).toEqual(["a"]);
  });

  it("are refused while the endpoint asked to wait, with the time that is left", () => {
    const held = { ...fresh, heldUntil: 61_000 };
    const { grant } = grantPermits(held, { holder: "a", limits: unlimited, open: 0, wanted: 5 }, 1_000);
    expect(grant).toMatchObject({ granted: 0, heldForMs: 60_000, askAgainInMs: 60_000 });
    const after = grantPermits(held, { holder: "a", limits: unlimited, open: 0, wanted: 5 }, 61_000);
    expect(after.grant).toMatchObject({ granted: 5, startInMs: 0, heldForMs: 0, askAgainInMs: 0 });
  });
});

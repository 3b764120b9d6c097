import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noteOfferEvent, type OfferEvent, offerKey, type Reputation, recordKey, recordOf } from "./offer-reputation.ts";

const start = new Date("2026-11-20T10:00:00Z");
const after = (ms: number) => new Date(start.getTime() + ms);
const HOUR_MS = 3_600_000;

const ten = (event: OfferEvent) => {
  let reputation: Reputation | undefined;
  for (let i = 0; i < 10; i += 1) reputation = noteOfferEvent(reputation, event, start);
  return reputation;
};
const shareAfter = (event: OfferEvent, now = start) => recordOf(ten(event), now).failureShare;

describe("the reputation of an offer", () => {
  it("begins at one failure in ten, and moves with what happens", () => {
    expect(recordOf(undefined, start).failureShare).toBeCloseTo(0.1);
    expect(shareAfter({ kind: "finished", hours: 1 })).toBeCloseTo(0.05);
    expect(shareAfter({ kind: "no-capacity" })).toBeLessThan(shareAfter({ kind: "preempted", hours: 1 }));
    expect(shareAfter({ kind: "preempted", hours: 1 })).toBeLessThan(
      shareAfter({ kind: "boot-failed", seconds: null }),
    );
  });

  it("is worth half after six hours, and forgotten in the end", () => {
    expect(shareAfter({ kind: "boot-failed", seconds: null }, after(6 * HOUR_MS))).toBeCloseTo((10 + 1) / (10 + 10));
    expect(shareAfter({ kind: "boot-failed", seconds: null }, after(30 * 24 * HOUR_MS))).toBeCloseTo(0.1);
  });

  it("knows how often machines are taken back only where there were any, and nears what it sees", () => {
    expect(recordOf(undefined, start).preemptionsPerHour).toBeNull();
    expect(recordOf(ten({ kind: "booted", seconds: 60 }), start).preemptionsPerHour).toBeNull();
    expect(recordOf(ten({ kind: "finished", hours: 1 }), start).preemptionsPerHour).toBeCloseTo(2 / 30);
    expect(recordOf(ten({ kind: "preempted", hours: 2 }), start).preemptionsPerHour).toBeCloseTo(12 / 40);
    const weekLater = recordOf(ten({ kind: "preempted", hours: 2 }), after(7 * 24 * HOUR_MS));
    expect(weekLater.preemptionsPerHour).toBeCloseTo(7 / 30);
  });

  it("tells how long boots took, once it has seen three, of the last twenty, the newest most", () => {
    let reputation: Reputation | undefined;
    const note = (seconds: number) => {
      reputation = noteOfferEvent(reputation, { kind: "booted", seconds }, start);
      return recordOf(reputation, start).bootSeconds;
    };
    expect([note(100), note(300)]).toEqual([null, null]);
    expect(note(200)).toEqual({ p50: 200, p90: 300 });
    for (let i = 1; i <= 20; i += 1) note(i);
    // Ten boots ago counts half, so the middle lies above 10; what was before the twenty is forgotten.
    expect(recordOf(reputation, start).bootSeconds).toEqual({ p50: 14, p90: 19 });
    reputation = noteOfferEvent(reputation, { kind: "boot-failed", seconds: 500 }, start);
    reputation = noteOfferEvent(reputation, { kind: "boot-failed", seconds: null }, start);
    expect(note(500)?.p90, "two that were given up are more than a tenth").toBe(500);
  });

  it("is always a share and a rate, whatever happened", () => {
    const hours = fc.double({ min: 0, max: 100, noNaN: true });
    const events: fc.Arbitrary<OfferEvent> = fc.oneof(
      fc.record({ kind: fc.constant("booted" as const), seconds: fc.nat(5_000) }),
      fc.record({ kind: fc.constant("boot-failed" as const), seconds: fc.option(fc.nat(5_000)) }),
      fc.record({ kind: fc.constant("no-capacity" as const) }),
      fc.record({ kind: fc.constantFrom("preempted" as const, "finished" as const), hours }),
    );
    const story = fc.array(fc.tuple(events, fc.integer({ min: 0, max: 48 * HOUR_MS })), { maxLength: 100 });
    fc.assert(
      fc.property(story, (happened) => {
        let reputation: Reputation | undefined;
        let now = start;
        for (const [event, ms] of happened) {
          now = new Date(now.getTime() + ms);
          reputation = noteOfferEvent(reputation, event, now);
        }
        const { failureShare, preemptionsPerHour } = recordOf(reputation, now);
        expect(failureShare > 0 && failureShare < 1).toBe(true);
        expect(preemptionsPerHour === null || preemptionsPerHour > 0).toBe(true);
      }),
    );
  });

  it("belongs to a way of buying a GPU in a place, whatever it costs", () => {
    const offer = {
      gpuType: "NVIDIA L4",
      region: "US-KS-2",
      vramBytes: 1,
      pricePerHourMicroUsd: 1,
      interruptible: true,
    };
    expect(offerKey({ ...offer, available: 3 })).toBe(offerKey({ ...offer, available: 0, pricePerHourMicroUsd: 2 }));
    expect(offerKey({ ...offer, available: 3 })).not.toBe(offerKey({ ...offer, available: 3, interruptible: false }));
    expect(recordKey({ ...offer, available: 3, provider: "runpod" })).toBe("runpod|NVIDIA L4|US-KS-2||spot");
  });
});

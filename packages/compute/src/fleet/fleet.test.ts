import type { FleetMachine, MachineIntent } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findOrphans } from "./find-orphans.ts";
import { failureShare, noteOfferEvent, type OfferEvent, offerKey, type Reputation } from "./offer-reputation.ts";
import { watchBoot } from "./watch-boot.ts";

const start = new Date("2026-11-20T10:00:00Z");
const after = (ms: number) => new Date(start.getTime() + ms);
const HOUR_MS = 3_600_000;

const machine = (change: Partial<FleetMachine> = {}): FleetMachine => ({
  remoteId: "pod1",
  name: "lm-a",
  state: "running",
  pricePerHourMicroUsd: 690_000,
  address: null,
  bill: { seconds: 0, amountMicroUsd: 0, isFinal: false },
  gpuType: "NVIDIA L4",
  region: null,
  interruptible: false,
  createdAt: start,
  ...change,
});

describe("the reputation of an offer", () => {
  const after10 = (event: OfferEvent) => {
    let reputation: Reputation | undefined;
    for (let i = 0; i < 10; i += 1) reputation = noteOfferEvent(reputation, event, start);
    return reputation;
  };

  it("begins at one failure in ten, and moves with what happens", () => {
    expect(failureShare(undefined, start)).toBeCloseTo(0.1);
    expect(failureShare(after10("finished"), start)).toBeCloseTo(0.05);
    expect(failureShare(after10("no-capacity"), start)).toBeLessThan(failureShare(after10("preempted"), start));
    expect(failureShare(after10("preempted"), start)).toBeLessThan(failureShare(after10("boot-failed"), start));
  });

  it("is worth half after six hours, and forgotten in the end", () => {
    const bad = after10("boot-failed");
    expect(failureShare(bad, after(6 * HOUR_MS))).toBeCloseTo((10 + 1) / (10 + 10));
    expect(failureShare(bad, after(30 * 24 * HOUR_MS))).toBeCloseTo(0.1);
  });

  it("is always a share, whatever happened", () => {
    const events = fc.constantFrom<OfferEvent>("booted", "boot-failed", "no-capacity", "preempted", "finished");
    const story = fc.array(fc.tuple(events, fc.integer({ min: 0, max: 48 * HOUR_MS })), { maxLength: 200 });
    fc.assert(
      fc.property(story, (happened) => {
        let reputation: Reputation | undefined;
        let now = start;
        for (const [event, ms] of happened) {
          now = new Date(now.getTime() + ms);
          reputation = noteOfferEvent(reputation, event, now);
        }
        const share = failureShare(reputation, now);
        expect(share > 0 && share < 1).toBe(true);
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
  });
});

describe("the boot of a machine", () => {
  const limits = { startMs: 10 * 60_000, answerMs: 20 * 60_000 };

  it("is waited for until a limit, and given up then", () => {
    const creating = machine({ state: "creating" });
    const untilMs = start.getTime() + limits.startMs;
    expect(watchBoot(creating, false, limits, after(limits.startMs - 1))).toEqual({ kind: "wait", untilMs });
    expect(watchBoot(creating, false, limits, after(limits.startMs))).toEqual({
      kind: "give-up",
      reason: "the machine did not start within 10 min",
    });
  });

  it("leaves a machine that runs more time for its agent to answer", () => {
    expect(watchBoot(machine(), false, limits, after(limits.startMs))).toMatchObject({ kind: "wait" });
    expect(watchBoot(machine(), false, limits, after(limits.answerMs))).toMatchObject({ kind: "give-up" });
    expect(watchBoot(machine(), true, limits, after(limits.answerMs))).toEqual({ kind: "ready" });
  });

  it("is over when the machine has ended", () => {
    for (const state of ["stopping", "gone"] as const) {
      expect(watchBoot(machine({ state }), true, limits, start)).toMatchObject({ kind: "give-up" });
    }
  });
});

describe("orphans", () => {
  const intent = (change: Partial<MachineIntent> = {}): MachineIntent => ({
    name: "lm-a",
    state: "rented",
    asked: null,
    remoteId: "pod1",
    ...change,
  });
  const find = (one: FleetMachine, known: MachineIntent | null, leaseEnd: Date | null = after(2 * HOUR_MS)) =>
    findOrphans({
      machines: [one],
      prefix: "lm-",
      intents: new Map(known === null ? [] : [[known.name, known]]),
      leases: new Map(leaseEnd === null ? [] : [["lm-a", leaseEnd]]),
      now: after(HOUR_MS),
      graceMs: 60_000,
    }).map(({ reason }) => reason);

  it("are machines that nobody answers for", () => {
    expect(find(machine(), intent())).toEqual([]);
    expect(find(machine(), null)).toEqual(["stranger"]);
    expect(find(machine(), intent({ state: "ended" }))).toEqual(["ended"]);
    expect(find(machine(), intent({ remoteId: "pod2" }))).toEqual(["duplicate"]);
    expect(find(machine(), intent(), after(1))).toEqual(["lease-lost"]);
    expect(find(machine(), intent(), null)).toEqual(["lease-lost"]);
  });

  it("are not what somebody else rented, what has gone, what is young, or what is being rented or ended", () => {
    expect(find(machine({ name: "other-a" }), null)).toEqual([]);
    expect(find(machine({ state: "gone" }), null)).toEqual([]);
    expect(find(machine({ createdAt: after(HOUR_MS - 1) }), null)).toEqual([]);
    expect(find(machine(), intent({ state: "open", remoteId: null }), null)).toEqual([]);
    expect(find(machine(), intent({ state: "ending" }), null)).toEqual([]);
  });
});

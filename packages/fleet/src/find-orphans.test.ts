import type { FleetMachine, MachineIntent } from "@loramill/contracts";
import { describe, expect, it } from "vitest";
import { findOrphans } from "./find-orphans.ts";
import { machine, NOW as start } from "./testing/facts.ts";

const after = (ms: number) => new Date(start.getTime() + ms);
const HOUR_MS = 3_600_000;

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

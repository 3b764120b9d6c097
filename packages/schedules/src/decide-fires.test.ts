import type { FireOrigin, OverlapPolicy, RunId } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideFires, type OpenFire, type WaitingFire } from "./decide-fires.ts";

const run: RunId = `run_${"1".repeat(32)}`;
const fire = (hour: number, origin: FireOrigin = "timing"): WaitingFire => ({
  id: `fir_${hour}`,
  fireAt: new Date(Date.UTC(2026, 10, 21, hour)),
  origin,
});
const open: OpenFire = { fireAt: fire(1).fireAt, run };
const skipped = (skip: readonly { fire: string }[]) => skip.map((one) => one.fire);

describe("a fire whose time has come", () => {
  it("gets its turn when no run is open, and those behind it are told of it", () => {
    expect(decideFires({ overlap: "skip", waiting: [fire(2)], open: null })).toEqual({
      admit: "fir_2",
      skip: [],
      cancel: null,
      waits: null,
    });
    const both = decideFires({ overlap: "skip", waiting: [fire(2), fire(3)], open: null });
    expect(both.admit).toBe("fir_2");
    expect(both.skip).toEqual([{ fire: "fir_3", reason: "the fire of 2026-11-21T02:00:00.000Z is being planned" }]);
  });

  it("is skipped while a run is open, with the reason", () => {
    const reason = `the fire of 2026-11-21T01:00:00.000Z has not ended (${run})`;
    expect(decideFires({ overlap: "skip", waiting: [fire(2)], open })).toEqual({
      admit: null,
      skip: [{ fire: "fir_2", reason }],
      cancel: null,
      waits: null,
    });
  });

  it("waits under `queue`, one at most: the first that came", () => {
    const decided = decideFires({ overlap: "queue", waiting: [fire(2), fire(3)], open });
    expect([decided.admit, decided.cancel, skipped(decided.skip)]).toEqual([null, null, ["fir_3"]]);
    expect(decided.skip[0]?.reason).toContain("and the fire of 2026-11-21T02:00:00.000Z waits already");
    expect(decided.waits).toContain("has not ended");
  });

  it("ends the open run under `replace`, and takes the place of one that waited", () => {
    const decided = decideFires({ overlap: "replace", waiting: [fire(2), fire(3)], open });
    expect([decided.admit, decided.cancel, skipped(decided.skip)]).toEqual([null, run, ["fir_2"]]);
    expect(decided.skip[0]?.reason).toBe("the fire of 2026-11-21T03:00:00.000Z takes its place");
    const planning = decideFires({ overlap: "replace", waiting: [fire(2)], open: { ...open, run: null } });
    expect([planning.admit, planning.cancel]).toEqual([null, null]);
  });

  it("of a backfill waits behind all others, and for as long as it takes", () => {
    const waiting = [fire(1, "backfill"), fire(5)];
    expect(decideFires({ overlap: "skip", waiting, open: null }).admit).toBe("fir_5");
    const busy = decideFires({ overlap: "skip", waiting: [fire(1, "backfill")], open });
    expect([busy.admit, busy.skip, busy.cancel]).toEqual([null, [], null]);
    expect(busy.waits).toContain("has not ended");
    expect(decideFires({ overlap: "replace", waiting: [fire(1, "backfill")], open }).cancel).toBeNull();
  });

  it("is decided for all at once: one turn at most, one left waiting at most, and no fire is lost", () => {
    const anyFire = fc.tuple(
      fc.integer({ min: 0, max: 23 }),
      fc.constantFrom<FireOrigin>("timing", "trigger", "backfill"),
    );
    const fires = fc
      .uniqueArray(anyFire, { selector: ([hour]) => hour, maxLength: 8 })
      .map((all) => all.sort(([a], [b]) => a - b).map(([hour, origin]) => fire(hour, origin)));
    const policy = fc.constantFrom<OverlapPolicy>("skip", "queue", "replace");
    fc.assert(
      fc.property(policy, fires, fc.constantFrom(null, open, { ...open, run: null }), (overlap, waiting, holder) => {
        const { admit, skip, cancel } = decideFires({ overlap, waiting, open: holder });
        const settled = new Set([...(admit === null ? [] : [admit]), ...skipped(skip)]);
        const left = waiting.filter(({ id, origin }) => !settled.has(id) && origin !== "backfill");
        expect(left.length).toBeLessThanOrEqual(overlap === "skip" ? 0 : 1);
        expect(settled.size).toBe(skip.length + (admit === null ? 0 : 1));
        expect(waiting.filter(({ id, origin }) => origin === "backfill" && skipped(skip).includes(id))).toEqual([]);
        if (holder === null) expect(admit === null).toBe(waiting.length === 0);
        else expect(admit).toBeNull();
        expect(cancel === null || (overlap === "replace" && cancel === holder?.run)).toBe(true);
      }),
    );
  });
});

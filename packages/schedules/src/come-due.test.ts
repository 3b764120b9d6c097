import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comeDue, type FireTime, jitterMs, nextTime, type ScheduleTimes } from "./come-due.ts";

const hourly: ScheduleTimes = {
  id: `sch_${"1".repeat(32)}`,
  timing: { type: "every", minutes: 60, offsetMinutes: 0 },
  startsAt: null,
  endsAt: null,
  jitterSeconds: 0,
  catchUpMinutes: 90,
};
const at = (time: string) => new Date(`2026-11-21T${time}:00Z`);
const next = (schedule: ScheduleTimes, after: Date) => nextTime(schedule, after) as FireTime;
const shown = (fires: readonly FireTime[]) => fires.map(({ fireAt }) => fireAt.toISOString().slice(11, 16));

describe("times that have come", () => {
  it("are all that were due, those that are too late with the reason, and then what is next", () => {
    const due = comeDue(hourly, { next: next(hourly, at("00:30")), now: at("05:10"), limit: 100 });
    expect(shown(due.fires)).toEqual(["01:00", "02:00", "03:00", "04:00", "05:00"]);
    expect(due.fires.map(({ missed }) => missed !== null)).toEqual([true, true, true, false, false]);
    expect(due.fires[0]?.missed).toBe(
      "it was due 250 min before anybody could make it, and may be 90 min late at most",
    );
    expect(due.next?.fireAt).toEqual(at("06:00"));
  });

  it("come in parts, none twice and none left out, where they are very many", () => {
    const first = comeDue(hourly, { next: next(hourly, at("00:30")), now: at("05:10"), limit: 3 });
    const rest = comeDue(hourly, { next: first.next as FireTime, now: at("05:10"), limit: 3 });
    expect([...shown(first.fires), ...shown(rest.fires)]).toEqual(["01:00", "02:00", "03:00", "04:00", "05:00"]);
  });

  it("end with the schedule", () => {
    const ending = { ...hourly, startsAt: at("02:00"), endsAt: at("04:00") };
    expect(next(ending, at("00:30")).fireAt).toEqual(at("02:00"));
    const due = comeDue(ending, { next: next(ending, at("00:30")), now: at("09:00"), limit: 100 });
    expect(shown(due.fires)).toEqual(["02:00", "03:00"]);
    expect(due.next).toBeNull();
  });

  it("wait for their jitter, which is the same whenever it is asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), fc.date({ noInvalidDate: true }), (jitterSeconds, fireAt) => {
        const jitter = jitterMs({ ...hourly, jitterSeconds }, fireAt);
        expect(jitter).toBe(jitterMs({ ...hourly, jitterSeconds }, new Date(fireAt)));
        expect(jitter >= 0 && jitter <= jitterSeconds * 1_000).toBe(true);
      }),
    );
    const jittery = { ...hourly, jitterSeconds: 3_000 };
    const time = next(jittery, at("00:30"));
    expect(comeDue(jittery, { next: time, now: new Date(time.dueAt.getTime() - 1), limit: 9 }).fires).toEqual([]);
    expect(comeDue(jittery, { next: time, now: time.dueAt, limit: 9 }).fires).toHaveLength(1);
    const draws = Array.from({ length: 200 }, (_, hour) => jitterMs(jittery, new Date(hour * 3_600_000)));
    expect(Math.max(...draws)).toBeGreaterThan(2_800_000);
    expect(Math.min(...draws)).toBeLessThan(200_000);
  });
});

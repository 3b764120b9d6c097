import { describe, expect, it } from "vitest";
import { parseKeepWarm, warmPodsAt } from "./keep-warm.ts";

describe("times of the week in which machines are kept", () => {
  it("are read as people write them", () => {
    expect(parseKeepWarm("1-5 08:00-18:00 2; 6,0 10:30-12:00 1;")).toEqual([
      { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1_080, pods: 2 },
      { days: [0, 6], fromMinute: 630, toMinute: 720, pods: 1 },
    ]);
    expect(parseKeepWarm("* 00:00-24:00 1")[0]).toMatchObject({ days: [0, 1, 2, 3, 4, 5, 6], toMinute: 1_440 });
    expect(parseKeepWarm("5-7 00:00-01:00 1")[0]?.days).toEqual([0, 5, 6]);
    expect(parseKeepWarm("")).toEqual([]);
  });

  it.each([
    "monday 08:00-18:00 1",
    "1-5 18:00-08:00 1",
    "1 08:00-25:00 1",
    "1 08:70-09:00 1",
    "5-1 08:00-09:00 1",
    "1 8-9",
  ])("are refused when they make no sense: %s", (text) => {
    expect(() => parseKeepWarm(text)).toThrow(/is no time of the week/);
  });

  it("hold in UTC, the end excluded, and the largest of several counts", () => {
    const windows = parseKeepWarm("1-5 08:00-18:00 2; * 09:00-10:00 3");
    // A Friday.
    expect(warmPodsAt(windows, new Date("2026-11-20T08:00:00Z"))).toBe(2);
    expect(warmPodsAt(windows, new Date("2026-11-20T09:30:00Z"))).toBe(3);
    expect(warmPodsAt(windows, new Date("2026-11-20T18:00:00Z"))).toBe(0);
    expect(warmPodsAt(windows, new Date("2026-11-22T11:00:00Z"))).toBe(0);
  });
});

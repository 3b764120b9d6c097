import type { Timing } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { listFires, nextFire, nextFireWithin } from "./fire-times.ts";

const cron = (expression: string, timeZone = "UTC"): Timing => ({ type: "cron", expression, timeZone });
const every = (minutes: number, offsetMinutes = 0): Timing => ({ type: "every", minutes, offsetMinutes });
const always = { from: null, to: null };
const times = (timing: Timing, after: string, limit: number) =>
  listFires(timing, always, { after: new Date(after), limit }).map((time) => time.toISOString().slice(5, 16));

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"];
const anyTime = fc.date({ min: new Date("2000-01-01"), max: new Date("2060-01-01"), noInvalidDate: true });
const minute = fc.integer({ min: 0, max: 59 });
const hour = fc.integer({ min: 0, max: 23 });
const anyTiming = fc.oneof(
  fc
    .tuple(fc.oneof(minute.map(String), fc.constantFrom("*", "*/15", "5-20")), hour, fc.constantFrom(...zones))
    .map(([at, of, zone]) => cron(`${at} ${of} * * *`, zone)),
  fc.tuple(minute, fc.constantFrom(...zones)).map(([at, zone]) => cron(`${at} * * * *`, zone)),
  fc.tuple(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 0, max: 20_000 })).map(([n, k]) => every(n, k)),
);

describe("fires", () => {
  test("come strictly after the moment they are asked for, at whole minutes, and one after the other", () => {
    fc.assert(
      fc.property(anyTiming, anyTime, (timing, after) => {
        let before = after;
        for (const time of listFires(timing, always, { after, limit: 4 })) {
          expect(time.getTime()).toBeGreaterThan(before.getTime());
          expect(time.getTime() % 60_000).toBe(0);
          before = time;
        }
      }),
      { numRuns: 200 },
    );
  });

  test("do not depend on the moment they are asked for: nothing lies between one and the next", () => {
    fc.assert(
      fc.property(anyTiming, anyTime, fc.double({ min: 0, max: 0.999_999, noNaN: true }), (timing, after, share) => {
        const first = nextFire(timing, after);
        const second = first && nextFire(timing, first);
        if (first === null || second === null) return;
        const between = new Date(first.getTime() + Math.floor(share * (second.getTime() - first.getTime())));
        expect(nextFire(timing, between)).toEqual(second);
      }),
      { numRuns: 200 },
    );
  });

  test("of one hour and one minute come once a day, in every time zone, whatever the clock does", () => {
    fc.assert(
      fc.property(minute, hour, fc.constantFrom(...zones), anyTime, (at, of, zone, after) => {
        const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, dateStyle: "short" });
        const days = listFires(cron(`${at} ${of} * * *`, zone), always, { after, limit: 20 }).map((d) =>
          format.format(d),
        );
        expect(new Set(days).size).toBe(20);
        const gaps = days.slice(1).map((day, i) => Date.parse(day) - Date.parse(days[i] ?? ""));
        expect(new Set(gaps)).toEqual(new Set([86_400_000]));
      }),
      { numRuns: 100 },
    );
  });

  test("stay in their stretch", () => {
    fc.assert(
      fc.property(anyTiming, anyTime, anyTime, anyTime, (timing, from, to, after) => {
        const next = nextFireWithin(timing, { from, to }, after);
        if (next === null) return;
        expect([next >= from, next < to, next > after]).toEqual([true, true, true]);
      }),
      { numRuns: 100 },
    );
  });

  it("of an interval are multiples of it since 1970, and so much later", () => {
    expect(times(every(360), "2026-11-21T00:00:00Z", 3)).toEqual(["11-21T06:00", "11-21T12:00", "11-21T18:00"]);
    expect(times(every(360, 90), "2026-11-21T00:00:00Z", 2)).toEqual(["11-21T01:30", "11-21T07:30"]);
    expect(times(every(60, 150), "2026-11-21T00:00:00Z", 2)).toEqual(["11-21T00:30", "11-21T01:30"]);
  });

  it("of one moment come once", () => {
    const once: Timing = { type: "once", at: "2026-12-01T03:00:00+01:00" };
    expect(times(once, "2026-11-21T00:00:00Z", 5)).toEqual(["12-01T02:00"]);
    expect(times(once, "2026-12-01T02:00:00Z", 5)).toEqual([]);
  });

  test.each([
    ["0 0 L * *", ["01-31T00:00", "02-28T00:00"]],
    ["0 9 * * MON#1", ["01-05T09:00", "02-02T09:00"]],
    ["0 0 * * 7", ["01-04T00:00", "01-11T00:00"]],
    ["@daily", ["01-02T00:00", "01-03T00:00"]],
    ["@weekly", ["01-04T00:00", "01-11T00:00"]],
    ["0 0 2 * SUN", ["01-02T00:00", "01-04T00:00"]],
  ])("of %s are %j", (expression, expected) => {
    expect(times(cron(expression), "2026-01-01T00:00:00Z", 2)).toEqual(expected);
  });

  it("never come for a day that no calendar has", () => {
    expect(nextFire(cron("0 0 30 2 *"), new Date())).toBeNull();
  });

  test.each([
    ["61 * * * *", "UTC", /minute/],
    ["0 0 0 * * *", "UTC", /5/],
    ["often", "UTC", /wrong/],
    ["0 2 * * *", "Mars/Olympus", /time zone/],
  ])("%s in %s is refused", (expression, zone, why) => {
    expect(() => nextFire(cron(expression, zone), new Date())).toThrow(why);
    expect(() => nextFire(cron(expression, zone), new Date())).toThrow(
      expect.objectContaining({ code: "bad-timing" }) as Error,
    );
  });
});

/** Berlin leaves out 02:00–03:00 on 29 March 2026 and has it twice on 25 October; Lord Howe shifts by half an hour. */
describe("where clocks are changed", () => {
  test.each([
    [
      "an hour that is left out fires at its end",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00Z",
      ["03-29T01:00", "03-30T00:30"],
    ],
    [
      "an hour that comes twice fires the first time",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00Z",
      ["10-25T00:30", "10-26T01:30"],
    ],
    [
      "half an hour is left out",
      "15 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T00:00Z",
      ["10-03T15:30", "10-04T15:15"],
    ],
    [
      "half an hour comes twice",
      "45 1 * * *",
      "Australia/Lord_Howe",
      "2026-04-04T00:00Z",
      ["04-04T14:45", "04-05T15:15"],
    ],
    ["midnight is left out", "0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00Z", ["11-04T03:00", "11-05T02:00"]],
    [
      "every hour goes on through a gap",
      "30 * * * *",
      "Europe/Berlin",
      "2026-03-29T00:00Z",
      ["03-29T00:30", "03-29T01:30"],
    ],
    [
      "every hour fires in both",
      "30 * * * *",
      "Europe/Berlin",
      "2026-10-25T00:00Z",
      ["10-25T00:30", "10-25T01:30", "10-25T02:30"],
    ],
    ["steps skip the gap", "*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["03-30T00:00", "03-30T00:30"]],
    ["lists skip the gap", "0,30 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", ["03-30T00:00", "03-30T00:30"]],
    [
      "lists fire both times",
      "0,30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00Z",
      ["10-25T00:00", "10-25T00:30", "10-25T01:00", "10-25T01:30"],
    ],
  ])("%s", (_, expression, zone, after, expected) => {
    expect(times(cron(expression, zone), after, expected.length)).toEqual(expected);
  });

  it("intervals do not care", () => {
    expect(times(every(60, 30), "2026-10-25T00:00:00Z", 3)).toEqual(["10-25T00:30", "10-25T01:30", "10-25T02:30"]);
  });
});

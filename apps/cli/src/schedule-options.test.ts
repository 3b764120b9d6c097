import { expect, test } from "vitest";
import { scheduleFields, timingOf } from "./schedule-options.ts";

test("options name one timing", () => {
  expect(timingOf({ cron: "0 2 * * *", timeZone: "Europe/Berlin" })).toEqual({
    ...{ type: "cron", expression: "0 2 * * *", timeZone: "Europe/Berlin" },
  });
  expect(timingOf({ every: "6h", offset: "30m" })).toEqual({ type: "every", minutes: 360, offsetMinutes: 30 });
  expect(timingOf({ every: "1d" })).toEqual({ type: "every", minutes: 1_440 });
  expect(timingOf({ at: "2026-12-01T02:00:00+01:00" })).toEqual({ type: "once", at: "2026-12-01T01:00:00.000Z" });
  expect(timingOf({})).toBeUndefined();
});

test("options name fields, and `none` or `never` takes one away", () => {
  expect(
    scheduleFields({ overlap: "queue", jitter: "10m", catchUp: "2h", runDeadline: "6h", start: "2026-12-01" }),
  ).toEqual({
    ...{ overlap: "queue", jitterSeconds: 600, catchUpMinutes: 120, deadlineMinutes: 360 },
    startsAt: "2026-12-01T00:00:00.000Z",
  });
  const none = { start: "none", end: "none", runDeadline: "none", monthlyBudget: "none", pauseAfter: "never" };
  expect(Object.values(scheduleFields(none))).toEqual([null, null, null, null, null]);
  expect(scheduleFields({ monthlyBudget: "12.5", pauseAfter: "3" })).toEqual({
    ...{ monthlyBudgetUsd: 12.5, pauseAfterFailures: 3 },
  });
  expect(scheduleFields({})).toEqual({});
});

test.each([
  [{ cron: "@daily", every: "1h" }, /choose one of/],
  [{ timeZone: "UTC" }, /goes with --cron/],
  [{ offset: "1h" }, /goes with --every/],
  [{ every: "often" }, /--every often: expected a duration/],
  [{ every: "90s" }, /whole minutes/],
  [{ overlap: "pile-up" }, /skip, queue, replace/],
  [{ pauseAfter: "0" }, /from 1 to 1000/],
  [{ monthlyBudget: "much" }, /US dollars/],
])("%j is refused", (options, why) => {
  expect(() => scheduleFields(options)).toThrow(why);
});

import { expect, test } from "vitest";
import { tellTiming } from "./tell-timing.ts";

test("an expression is told in words where there are some, with its time zone; an interval by its units", () => {
  expect(tellTiming({ type: "cron", expression: "0 2 * * *", timeZone: "UTC" })).toBe("Every day at 02:00 (UTC)");
  expect(tellTiming({ type: "cron", expression: "0 2 15W * *", timeZone: "UTC" })).toBe("0 2 15W * * (UTC)");
  expect(tellTiming({ type: "every", minutes: 90, offsetMinutes: 0 })).toBe("Every 1 h 30 min");
  expect(tellTiming({ type: "every", minutes: 60, offsetMinutes: 15 })).toBe("Every 1 h, 15 min later");
});

import { expect, test } from "vitest";
import { tellTiming } from "./tell-timing.ts";

test("an expression is told with its time zone, an interval by its units", () => {
  expect(tellTiming({ type: "cron", expression: "0 2 * * *", timeZone: "UTC" })).toBe("0 2 * * * (UTC)");
  expect(tellTiming({ type: "every", minutes: 90, offsetMinutes: 0 })).toBe("every 1 h 30 min");
  expect(tellTiming({ type: "every", minutes: 60, offsetMinutes: 15 })).toBe("every 1 h, 15 min later");
});

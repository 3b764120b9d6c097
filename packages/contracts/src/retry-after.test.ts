import { expect, it } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

it("reads seconds and dates, and nothing else", () => {
  const now = new Date("2026-11-21T10:00:00Z");
  expect(readRetryAfter("120", now)).toBe(120_000);
  expect(readRetryAfter(" 1.5 ", now)).toBe(1_500);
  expect(readRetryAfter("Sat, 21 Nov 2026 10:01:00 GMT", now)).toBe(60_000);
  expect(readRetryAfter("Sat, 21 Nov 2026 09:00:00 GMT", now)).toBe(0);
  for (const text of [undefined, null, "", "soon"])
    expect(readRetryAfter(text, now) ?? "none", String(text)).toBe("none");
});

import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatName, formatSeconds, formatUsd } from "./format.ts";

test("money shows cents, and more digits where it is less than a cent", () => {
  expect(formatUsd(12_345_678)).toBe("$12.35");
  expect(formatUsd(0)).toBe("$0.00");
  expect(formatUsd(420)).toBe("$0.00042");
});

test("bytes and lengths of time have the unit that reads best", () => {
  expect([0, 999, 1_500, 2_147_483_648].map(formatBytes)).toEqual(["0 B", "999 B", "1.5 KB", "2.1 GB"]);
  expect([0.25, 4.2, 61, 3_600, 90_061].map(formatSeconds)).toEqual(["250 ms", "4.2 s", "1 min 1 s", "1 h", "1 d 1 h"]);
});

test("moments are told from now, before and after", () => {
  const now = new Date("2026-11-21T12:00:00Z");
  expect(formatAgo(new Date("2026-11-21T11:57:10Z"), now)).toBe("2 min ago");
  expect(formatAgo(new Date("2026-11-21T14:00:00Z"), now)).toBe("in 2 h");
  expect(formatAgo(new Date("2026-11-21T11:59:58Z"), now)).toBe("just now");
});

test("names of the API read as words", () => {
  expect(["computeSeconds", "loras", "seed", ""].map(formatName)).toEqual(["Compute seconds", "LoRAs", "Seed", ""]);
});

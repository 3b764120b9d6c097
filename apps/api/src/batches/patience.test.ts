import { BatchId } from "@loramill/contracts";
import { expect, test } from "vitest";
import { createPatience } from "./patience.ts";

const batch = BatchId.parse(`bat_${"1".repeat(32)}`);
const [first, second] = [
  { batch, number: 1 },
  { batch, number: 2 },
];

test("a member is tried again when its time has come, and not for ever", () => {
  let now = 0;
  const patience = createPatience({ now: () => new Date(now) });
  expect(patience.isDue(first)).toBe(true);
  expect(patience.wait(first, 100)).toBe(true);
  expect(patience.wait(second)).toBe(true);
  expect(patience.isDue(first)).toBe(false);
  expect(patience.untilDueMs([first, second])).toBe(100);
  now = 100;
  expect([patience.isDue(first), patience.isDue(second)]).toEqual([true, false]);
  const more = Array.from({ length: 9 }, () => patience.wait(first, 0));
  expect([more.at(-2), more.at(-1)]).toEqual([true, false]);
});

test("members whose batch was ended are forgotten, and nobody looks for them again and again", () => {
  let now = 0;
  const patience = createPatience({ now: () => new Date(now) });
  patience.wait(first, 10);
  patience.wait(second, 10);
  now = 20;
  expect(patience.untilDueMs([])).toBe(Number.POSITIVE_INFINITY);
  expect(patience.size()).toBe(0);
});

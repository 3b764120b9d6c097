import { expect, test } from "vitest";
import { createPatience } from "./patience.ts";

test("ends when something has failed for longer than it lasts, and starts anew after a success", () => {
  let now = 0;
  const patience = createPatience<string>({ limitMs: 100, now: () => now });
  expect(patience.failed("a")).toBe(false);
  now = 100;
  expect(patience.failed("a")).toBe(false);
  expect(patience.failed("b")).toBe(false);
  now = 150;
  patience.worked("b");
  expect(patience.failed("a")).toBe(true);
  now = 500;
  expect(patience.failed("b")).toBe(false);
});

import { expect, it } from "vitest";
import { caughtUp, startMeter } from "./meter.ts";

it("goes on from what was written down, and stands still once it was stopped", () => {
  let nowMs = 5_000;
  const meter = startMeter(90, () => nowMs);
  expect(meter.read()).toBe(90);
  nowMs += 2_500;
  expect(meter.read()).toBe(92.5);
  meter.stop();
  nowMs += 60_000;
  meter.stop();
  expect(meter.read()).toBe(92.5);
});

it("counts the time in which no agent watched, and none when the clock was set back", () => {
  expect(caughtUp({ seconds: 30, atMs: 1_000 }, 5_500)).toEqual({ seconds: 34.5, atMs: 5_500 });
  expect(caughtUp({ seconds: 30, atMs: 1_000 }, 500)).toEqual({ seconds: 30, atMs: 500 });
});

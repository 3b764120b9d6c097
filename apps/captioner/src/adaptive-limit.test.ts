import { describe, expect, it } from "vitest";
import { createAdaptiveLimit } from "./adaptive-limit.ts";

/** Asks a server with so many slots for a while, as many at once as the limit says; time is simulated, in milliseconds. */
function drive({
  slots,
  queues,
  most = 128,
  rounds = 60,
}: {
  slots: number;
  queues: boolean;
  most?: number;
  rounds?: number;
}) {
  let time = 0;
  const limit = createAdaptiveLimit(most, () => time);
  const seen: number[] = [];
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const open = limit.current();
    const startedAt = time;
    const served = queues ? open : Math.min(open, slots);
    refused += open - served;
    // Refusals come at once, answers after a second for each time that the slots are filled.
    time += 1;
    for (let one = served; one < open; one += 1) limit.pushedBack(startedAt, open);
    for (let wave = 1; (wave - 1) * slots < served; wave += 1) {
      time += 1_000;
      for (let one = 0; one < Math.min(slots, served - (wave - 1) * slots); one += 1) {
        limit.answered(time - startedAt, open);
      }
    }
    seen.push(open);
  }
  return { seen, refused };
}

describe("createAdaptiveLimit", () => {
  it("finds the slots of a server that queues, within a few answers, and stays at or above them", () => {
    const { seen } = drive({ slots: 64, queues: true });
    expect(seen.findIndex((open) => open >= 64)).toBeLessThanOrEqual(3);
    for (const open of seen.slice(5)) expect(open).toBeGreaterThanOrEqual(64);
  });

  it("stays near the slots of a server that refuses the rest, with few refusals", () => {
    const { seen, refused } = drive({ slots: 40, queues: false });
    const late = seen.slice(10);
    expect(late.reduce((sum, open) => sum + Math.min(open, 40), 0) / late.length).toBeGreaterThan(34);
    expect(refused / seen.reduce((sum, open) => sum + open, 0)).toBeLessThan(0.15);
  });

  it("comes down to a few for a server that does one thing after the other", () => {
    const { seen } = drive({ slots: 1, queues: true });
    expect(seen.at(-1)).toBeLessThanOrEqual(5);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(1);
  });

  it("never asks more than it may, nor less than one", () => {
    expect(drive({ slots: 1_000, queues: true, most: 12 }).seen.at(-1)).toBe(12);
    const limit = createAdaptiveLimit(8, () => 0);
    for (let time = 0; time < 100; time += 1) limit.pushedBack(time, 1);
    expect(limit.current()).toBe(1);
  });
});

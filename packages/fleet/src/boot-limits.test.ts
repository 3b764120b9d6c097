import { expect, it } from "vitest";
import { bootLimits, failedBootSeconds } from "./boot-limits.ts";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { newLane } from "./lane.ts";
import { noteOfferEvent, type Reputation, recordOf } from "./offer-reputation.ts";
import { rehearseLane } from "./rehearse-lane.ts";
import { demand, offer } from "./testing/facts.ts";

const patience = { startMs: 900_000, answerMs: 1_200_000, timesP90: 3, leastMs: 180_000 };
const NOW = new Date("2026-11-21T10:00:00Z");

it("waits the longest for offers that nobody knows", () => {
  expect(bootLimits(patience, null)).toEqual({ startMs: 900_000, answerMs: 1_200_000 });
});

it("waits some times as long as boots of the offer took, between the least and the most", () => {
  expect(bootLimits(patience, { p50: 90, p90: 120 })).toEqual({ startMs: 360_000, answerMs: 360_000 });
  expect(bootLimits(patience, { p50: 20, p90: 30 })).toEqual({ startMs: 180_000, answerMs: 180_000 });
  expect(bootLimits(patience, { p50: 200, p90: 350 })).toEqual({ startMs: 900_000, answerMs: 1_050_000 });
  expect(bootLimits(patience, { p50: 200, p90: 900 })).toEqual({ startMs: 900_000, answerMs: 1_200_000 });
  const hasty = { ...patience, answerMs: 60_000, startMs: 60_000 };
  expect(bootLimits(hasty, { p50: 20, p90: 30 }).answerMs, "the most is the most").toBe(60_000);
});

it("learns that an offer has become slower from the boots that it gave up, within a few", () => {
  let reputation: Reputation | undefined;
  for (let boot = 0; boot < 20; boot += 1) {
    reputation = noteOfferEvent(reputation, { kind: "booted", seconds: 80 + boot }, NOW);
  }
  const limit = () => bootLimits(patience, recordOf(reputation, NOW).bootSeconds).answerMs;
  expect(limit()).toBeLessThan(300_000);
  const takesMs = 600_000;
  let wasted = 0;
  for (; limit() < takesMs; wasted += 1) {
    reputation = noteOfferEvent(reputation, { kind: "boot-failed", seconds: limit() / 1_000 }, NOW);
  }
  expect(wasted).toBeLessThanOrEqual(3);
});

it("takes a boot that comes to nothing for as long in a plan and in a quote as the watchdog waits for it", () => {
  const settings = { ...defaultFleetSettings, bootPatience: patience };
  const odds = { bootSeconds: { p50: 90, p90: 120 }, preemptionsPerHour: 0, failureShare: 0.5 };
  expect(failedBootSeconds(patience, odds.bootSeconds)).toBe(360);
  const lane = newLane(offer(), { odds, onVolume: new Set() }, settings);
  // One in two fails: one is paid for before the one that comes up.
  expect(lane.openingSeconds).toBe(90 + 360 + settings.idleSeconds);
  const steady = { ...odds, bootSeconds: { p50: 90, p90: 90 } };
  const work = { ...newLane(offer(), { odds: steady, onVolume: new Set() }, settings), jobs: [demand()] };
  // Two of a boot, one that says that it fails, one that says that the next does not.
  const draws = [0.5, 0.5, 0.1, 0.9];
  const random = () => draws.shift() ?? 0.5;
  const [course] = rehearseLane(work, { settings, random, common: 1 });
  expect(course?.parts.boot, "one failed boot, then one that comes up").toBeGreaterThanOrEqual(90 + 270);
});

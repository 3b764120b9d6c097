import { expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { offerOdds, stockOf } from "./offer-odds.ts";
import { noteOfferEvent, type Reputation, recordKey, recordOf } from "./offer-reputation.ts";
import { after, offer } from "./testing/facts.ts";

const one = offer({ interruptible: true });

it("what is to be expected of an offer is its own record, or the settings where it has none", () => {
  const bootSeconds = { p50: 70, p90: 90 };
  const record = { failureShare: 0.2, preemptionsPerHour: 0.3, bootSeconds };
  expect(offerOdds(one, { [recordKey(one)]: record }, defaultFleetSettings)).toEqual(record);
  expect(offerOdds(one, {}, defaultFleetSettings)).toEqual({
    failureShare: 0.1,
    preemptionsPerHour: defaultFleetSettings.preemptionsPerHour,
    bootSeconds: defaultFleetSettings.bootSeconds,
  });
  expect(offerOdds(offer(), {}, defaultFleetSettings).preemptionsPerHour).toBe(0);
});

it("an offer that is listed and cannot be had is asked for 17 times, and then about twice in an hour", () => {
  let reputation: Reputation | undefined;
  const asked: number[] = [];
  for (let seconds = 0; seconds < 4 * 3_600; seconds += 15) {
    const odds = { ...recordOf(reputation, after(seconds)), bootSeconds: { p50: 1, p90: 1 }, preemptionsPerHour: 0 };
    if (stockOf(one, odds) === 0) continue;
    asked.push(seconds);
    reputation = noteOfferEvent(reputation, { kind: "no-capacity" }, after(seconds));
  }
  const early = asked.filter((seconds) => seconds < 600).length;
  expect(early).toBe(17);
  expect((asked.length - early) / 4).toBeCloseTo(2, 0);
});

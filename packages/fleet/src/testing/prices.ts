import type { FleetOffer, OfferRecord, PricePoint } from "@loramill/contracts";
import { recordKey } from "../offer-reputation.ts";
import { notePrice, pricesOf } from "../price-past.ts";
import { NOW } from "./facts.ts";

const HOUR_MS = 3_600_000;

/** A record of each offer that was looked at every hour for so many days, at `priceAt` the hours from now (0 is now; before, less). */
export function recordsOfDays(
  offers: readonly FleetOffer[],
  days: number,
  priceAt: (offer: FleetOffer, hours: number) => number,
  now = NOW,
): Record<string, OfferRecord> {
  return Object.fromEntries(
    offers.map((offer) => {
      let past: readonly PricePoint[] = [];
      for (let hours = -24 * days; hours <= 0; hours += 1) {
        const seen = { ...offer, available: 1, pricePerHourMicroUsd: priceAt(offer, hours) };
        past = notePrice(past, seen, new Date(now.getTime() + hours * HOUR_MS));
      }
      const prices = pricesOf(past, now);
      const record = { failureShare: 0.1, preemptionsPerHour: null, bootSeconds: null };
      return [recordKey(offer), prices === undefined ? record : { ...record, prices }];
    }),
  );
}

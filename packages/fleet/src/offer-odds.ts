import type { FleetFacts, FleetOffer, Range } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import { recordKey } from "./offer-reputation.ts";

/** What is to be expected of a machine of an offer. */
export interface OfferOdds {
  readonly bootSeconds: Range;
  /** 0 for machines that are not taken back. */
  readonly preemptionsPerHour: number;
  /** Of boots that come to nothing, above 0 and below 1. */
  readonly failureShare: number;
}

/** Of offers that nobody tried. */
const USUAL_FAILURES = 0.1;

/** From the offer's own record, and from what is taken for granted where it has none. */
export function offerOdds(offer: FleetOffer, records: FleetFacts["records"], settings: FleetSettings): OfferOdds {
  const record = records[recordKey(offer)];
  return {
    bootSeconds: record?.bootSeconds ?? settings.bootSeconds,
    preemptionsPerHour: offer.interruptible ? (record?.preemptionsPerHour ?? settings.preemptionsPerHour) : 0,
    failureShare: record?.failureShare ?? USUAL_FAILURES,
  };
}

/**
 * How many machines of an offer are worth asking for: none where more come to grief than not, until that is forgotten. So an offer
 * that is listed and cannot be had is asked for 17 times, and then about twice in an hour.
 */
export function stockOf({ available }: FleetOffer, { failureShare }: OfferOdds): number {
  return failureShare > HOPELESS ? 0 : available;
}

const HOPELESS = 0.5;

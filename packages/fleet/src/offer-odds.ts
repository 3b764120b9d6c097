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

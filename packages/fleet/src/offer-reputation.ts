import type { FleetOffer, MachineOffer, OfferRecord, PricePoint } from "@loramill/contracts";
import { rangeOf } from "./draw.ts";
import { pricesOf } from "./price-past.ts";

/** What became of a machine, or of the wish for one. `hours`: how long it was ours. */
export type OfferEvent =
  | { readonly kind: "booted"; readonly seconds: number }
  /** `seconds`: how long it was waited for; null where it ended by itself. */
  | { readonly kind: "boot-failed"; readonly seconds: number | null }
  | { readonly kind: "no-capacity" }
  | { readonly kind: "preempted" | "finished"; readonly hours: number };

/** What is kept of an offer's past. Sums lose half their worth in a half-life, so that a change of the market shows. */
export interface Reputation {
  readonly good: number;
  readonly bad: number;
  readonly preemptions: number;
  /** Of machines that were finished with or taken back. */
  readonly hours: number;
  /** Seconds of the last boots, newest first; of those that were given up, how long they were waited for. */
  readonly boots: readonly number[];
  readonly at: Date;
}

/** How bad each event is, where a machine that boots or finishes its work is worth 1. */
const BAD: Readonly<Record<OfferEvent["kind"], number>> = {
  booted: 0,
  finished: 0,
  "no-capacity": 0.5,
  preempted: 1,
  "boot-failed": 2,
};

/** Stock and hosts change within a day: what happened six hours ago counts half. */
const HALF_LIFE_MS = 6 * 3_600_000;
/** How often machines are taken back is rare to see and slow to change. */
const RATE_HALF_LIFE_MS = 7 * 24 * 3_600_000;
/** An offer without a past is taken for one that failed once in ten times. */
const PRIOR = { good: 9, bad: 1 };
/** Of machines taken back: a guess, worth as much as twenty hours of watching. */
const RATE_PRIOR = { preemptions: 2, hours: 20 };
const KEPT_BOOTS = 20;
/** So many boots ago counts half: hosts and images change, and what was is told by the newest. */
const HALF_BOOTS = 10;
/** Fewer boots say nothing of a tenth that is slower. */
const ENOUGH_BOOTS = 3;

/** Where reputations are kept: an offer is its GPU type, place, cloud and way of buying, whatever it costs today. */
export function offerKey({ gpuType, region, cloud, interruptible }: MachineOffer): string {
  return [gpuType, region, cloud ?? "", interruptible ? "spot" : "on-demand"].join("|");
}

/** The same over several providers: the keys of `FleetFacts.records`. */
export function recordKey(offer: FleetOffer): string {
  return `${offer.provider}|${offerKey(offer)}`;
}

export function noteOfferEvent(before: Reputation | undefined, event: OfferEvent, now: Date): Reputation {
  const { good, bad, preemptions, hours, boots } = decayed(before, now);
  const isGood = BAD[event.kind] === 0;
  return {
    good: good + (isGood ? 1 : 0),
    bad: bad + BAD[event.kind],
    preemptions: preemptions + (event.kind === "preempted" ? 1 : 0),
    hours: hours + ("hours" in event ? Math.max(0, event.hours) : 0),
    boots: "seconds" in event && event.seconds !== null ? [event.seconds, ...boots].slice(0, KEPT_BOOTS) : boots,
    at: now,
  };
}

/** What a plan of the fleet goes by. */
export function recordOf(reputation: Reputation | undefined, now: Date): OfferRecord {
  const { preemptions, hours, boots } = decayed(reputation, now);
  const rate = (preemptions + RATE_PRIOR.preemptions) / (hours + RATE_PRIOR.hours);
  return {
    failureShare: failureShare(reputation, now),
    preemptionsPerHour: hours > 0 || preemptions > 0 ? rate : null,
    bootSeconds: boots.length >= ENOUGH_BOOTS ? rangeOf(boots, (ago) => 2 ** (-ago / HALF_BOOTS)) : null,
  };
}

/** Those of all offers, by `recordKey`: what `FleetFacts.records` holds. */
export function recordsOf(
  histories: readonly (Reputation & {
    readonly provider: string;
    readonly key: string;
    readonly prices: readonly PricePoint[];
  })[],
  now: Date,
): Record<string, OfferRecord> {
  return Object.fromEntries(
    histories.map(({ provider, key, prices: past, ...reputation }) => {
      const prices = pricesOf(past, now);
      return [`${provider}|${key}`, { ...recordOf(reputation, now), ...(prices === undefined ? {} : { prices }) }];
    }),
  );
}

/** Expected share of machines of this offer that come to grief, above 0 and below 1. */
export function failureShare(reputation: Reputation | undefined, now: Date): number {
  const { good, bad } = decayed(reputation, now);
  return (bad + PRIOR.bad) / (good + bad + PRIOR.good + PRIOR.bad);
}

function decayed(reputation: Reputation | undefined, now: Date): Omit<Reputation, "at"> {
  if (reputation === undefined) return { good: 0, bad: 0, preemptions: 0, hours: 0, boots: [] };
  const { good, bad, preemptions, hours, boots, at } = reputation;
  const ageMs = Math.max(0, now.getTime() - at.getTime());
  const left = 2 ** (-ageMs / HALF_LIFE_MS);
  const rateLeft = 2 ** (-ageMs / RATE_HALF_LIFE_MS);
  return { good: good * left, bad: bad * left, preemptions: preemptions * rateLeft, hours: hours * rateLeft, boots };
}

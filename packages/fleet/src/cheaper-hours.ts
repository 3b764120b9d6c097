import type { FleetFacts, FleetOffer } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, newLane } from "./lane.ts";
import { stockOf } from "./offer-odds.ts";
import { recordKey } from "./offer-reputation.ts";
import { compare } from "./service-order.ts";

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Fewer days say nothing of what is usual. */
const ENOUGH_DAYS = 3;
/** An hour is cheaper from so much on: finer steps are beyond what some days tell. */
const STEP = 0.05;

type Known = Pick<FleetFacts, "now" | "records" | "volumes">;

/** An hour in which machines of a kind are expected to be cheaper than now. */
export interface CheaperHour {
  readonly at: Date;
  /** The price then by the price now. */
  readonly ratio: number;
  /** Machines of the kind as they could be rented now, the cheapest first: one for each that is in stock. */
  readonly machines: readonly Lane[];
}

/**
 * Of each GPU type and way of buying, the hours of the next day that are cheaper than now and than every hour before them. What
 * machines cost now is taken to go up and down as such machines did on the days before.
 */
export function cheaperHours(offers: readonly FleetOffer[], known: Known, settings: FleetSettings): CheaperHour[] {
  const thisHourMs = Math.floor(known.now.getTime() / HOUR_MS) * HOUR_MS;
  return groups(offers, ({ provider, interruptible }) => [provider, interruptible]).flatMap((market) => {
    if (market.every((offer) => known.records[recordKey(offer)]?.prices === undefined)) return [];
    const kinds = groups(market, ({ gpuType }) => gpuType);
    const ratios = cheaperThanBefore(kinds.map((kind) => pastLows(kind, known.records)));
    if (ratios.length === 0) return [];
    return kinds.flatMap((kind) => {
      const machines = machinesOf(kind, known, settings);
      return ratios.map(({ hours, ratio }) => ({ at: new Date(thisHourMs + hours * HOUR_MS), ratio, machines }));
    });
  });
}

function machinesOf(kind: readonly FleetOffer[], known: Known, settings: FleetSettings): Lane[] {
  return kind
    .toSorted((a, b) => compare(a.pricePerHourMicroUsd, b.pricePerHourMicroUsd) || compare(recordKey(a), recordKey(b)))
    .flatMap((offer) => {
      const lane = newLane(offer, knownOf(offer, known, settings), settings);
      return Array.from({ length: Math.min(settings.maxPods, stockOf(offer, lane.odds)) }, () => lane);
    });
}

/**
 * The lowest price of a kind that was in stock, in micro-dollars by the hour, hour by hour, that of now first; infinite where there was
 * none. One without a past has stood still.
 */
function pastLows(kind: readonly FleetOffer[], records: FleetFacts["records"]): Float64Array {
  const pasts = kind.map((offer) => records[recordKey(offer)]?.prices);
  const standing = kind.filter(({ available }, at) => pasts[at] === undefined && available > 0);
  const stands = Math.min(...standing.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd));
  const lows = new Float64Array(Math.max(...pasts.map((past) => past?.length ?? 0))).fill(stands);
  for (const past of pasts) {
    past?.forEach((price, ago) => {
      if (price !== null && price < (lows[ago] ?? 0)) lows[ago] = price;
    });
  }
  return lows;
}

/** The hours of the next day that usually are cheaper than this one, each cheaper than those before. */
function cheaperThanBefore(lows: readonly Float64Array[]): { hours: number; ratio: number }[] {
  const cheaper: { hours: number; ratio: number }[] = [];
  let least = 1;
  for (let hours = 1; hours < DAY_HOURS; hours += 1) {
    const ratio = usualRatio(lows, hours);
    if (ratio > least * (1 - STEP)) continue;
    least = ratio;
    cheaper.push({ hours, ratio });
  }
  return cheaper;
}

/**
 * What waiting for so many hours got on the days before, from this hour of the day on: the price then by the price now, in the middle of
 * all days and kinds. 1 where too few days are known. Prices that jump now and then have no usual hour.
 */
function usualRatio(lows: readonly Float64Array[], hours: number): number {
  const ratios: number[] = [];
  let days = 0;
  for (const past of lows) {
    for (let ago = DAY_HOURS; ago < past.length; ago += DAY_HOURS) {
      const ratio = (past[ago - hours] ?? 0) / (past[ago] ?? 0);
      // There was none in one of these hours.
      if (!Number.isFinite(ratio) || ratio === 0) continue;
      ratios.push(ratio);
      days = Math.max(days, ago / DAY_HOURS);
    }
  }
  if (days < ENOUGH_DAYS) return 1;
  // In numeric order, as arrays of numbers are sorted.
  return Float64Array.from(ratios).sort()[ratios.length >> 1] ?? 1;
}

function groups(offers: readonly FleetOffer[], by: (offer: FleetOffer) => unknown): FleetOffer[][] {
  return [...Map.groupBy(offers, (offer) => JSON.stringify(by(offer))).values()];
}

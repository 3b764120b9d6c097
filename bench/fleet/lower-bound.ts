import type { TracedOffer } from "@loramill/compute";
import { speedOf } from "./markets.ts";
import type { WorldJob } from "./world-job.ts";
import { START } from "./world-state.ts";

const HOUR_MS = 3_600_000;

export interface BoundSettings {
  readonly market: readonly TracedOffer[];
  readonly jobs: readonly WorldJob[];
  readonly bootSeconds: number;
  readonly hours: number;
}

/**
 * What no planner can undercut, in micro-dollars, though it knew all prices, all stock and all jobs of the month beforehand, rented
 * ahead, kept machines at the price of their cheapest hour, never downloaded, idled or lost work, and split jobs at will. It
 * knows how often machines are taken back, but not when: the bound is of what is to be expected.
 *
 * By the duality of linear programs: `worth[t]` is a price for work done in hour t (by the second of an RTX 4090) at which
 * no machine, rented in any hour and kept until any other, earns more than its rent and its boot. What all work is worth
 * in the cheapest hours between its arrival and its deadline is then the least that it costs.
 */
export function lowerBound({ market, jobs, bootSeconds, hours }: BoundSettings): number {
  const small = hourlyWorth(market, bootSeconds, hours);
  const big = hourlyWorth(
    market.filter(({ offer }) => offer.vramBytes > 24 * 2 ** 30),
    bootSeconds,
    hours,
  );
  // A big machine does either: small work may not be worth more than big work in any hour.
  const least = small.map((value, hour) => Math.min(value, big[hour] ?? value));
  return jobs.reduce((sum, job) => sum + worthOf(job, job.vramBytes > 24 * 2 ** 30 ? big : least), 0);
}

/** Of a second's work of an RTX 4090 in each hour, in micro-dollars: as high as it can be, from the first hour on. */
function hourlyWorth(market: readonly TracedOffer[], bootSeconds: number, hours: number): number[] {
  const rents = market.flatMap(({ offer, trace, preemptionsPerHour = 0 }) => {
    const speed = speedOf(offer.gpuType);
    const risk = offer.interruptible ? preemptionsPerHour : 0;
    const inStock = hourByHour(trace, hours).flatMap(({ pricePerHourMicroUsd, isSold }, hour) =>
      isSold ? [{ hour, price: pricePerHourMicroUsd / 3_600 / speed }] : [],
    );
    return inStock.map((rent) => ({ ...rent, lasts: Math.exp(-risk) }));
  });
  // Of the offers of an hour, one that is dearer and no safer binds nothing.
  const byHour = Map.groupBy(rents, ({ hour }) => hour);
  /**
   * Rents begun so far. `slack`: what each may still earn above its price until it has earned its boot, by the chance that it
   * still lives; it is never below 0, and grows with every hour in which a machine may have been lost.
   */
  const begun: { hour: number; price: number; lasts: number; slack: number }[] = [];
  const worth: number[] = [];
  for (let hour = 0; hour < hours; hour += 1) {
    const offers = (byHour.get(hour) ?? []).toSorted((a, b) => a.price - b.price);
    const binding = offers.filter((one, at) => !offers.slice(0, at).some((other) => other.lasts >= one.lasts));
    for (const { price, lasts } of binding) begun.push({ hour, price, lasts, slack: price * bootSeconds });
    let value = Number.POSITIVE_INFINITY;
    for (const { price, slack } of begun) value = Math.min(value, price + slack / 3_600);
    worth.push(value);
    for (const rent of begun) {
      const gain = (value - rent.price) * 3_600;
      // A loss hits only what lives to the end of the hour.
      const slack = Math.max(0, rent.slack - (gain > 0 ? gain : gain * rent.lasts)) / rent.lasts;
      // Who rents only at the end of the hour has lost and earned nothing in it.
      rent.slack = rent.hour === hour ? Math.min(rent.slack, slack) : slack;
    }
  }
  return worth;
}

/** What an offer costs in each hour, and whether it could be rented at any moment of it. Prices change at full hours only. */
export function hourByHour(
  trace: TracedOffer["trace"],
  hours: number,
): { readonly pricePerHourMicroUsd: number; readonly isSold: boolean }[] {
  const points = Map.groupBy(trace, ({ atMs }) => Math.floor(atMs / HOUR_MS));
  return Array.from({ length: hours }, (_, hour) => {
    const own = points.get(hour) ?? [];
    return {
      pricePerHourMicroUsd: own[0]?.pricePerHourMicroUsd ?? Number.POSITIVE_INFINITY,
      isSold: own.some(({ available }) => available > 0),
    };
  });
}

function worthOf({ estimate, truth, arrivesMs, deadlineMs }: WorldJob, worth: readonly number[]): number {
  const fastest = Math.max(...Object.keys(estimate).map(speedOf));
  const [gpuType = ""] = Object.keys(estimate);
  let left = (estimate[gpuType]?.p50 ?? 0) * truth * speedOf(gpuType);
  const from = Math.floor((arrivesMs - START.getTime()) / HOUR_MS);
  const to = deadlineMs === null ? worth.length : Math.ceil((deadlineMs - START.getTime()) / HOUR_MS);
  let sum = 0;
  for (const value of worth.slice(from, to).sort((a, b) => a - b)) {
    const done = Math.min(left, 3_600 * fastest);
    sum += done * value;
    left -= done;
    if (left <= 0) break;
  }
  return sum;
}

import type { TracedOffer } from "@loramill/compute";
import { type BoundSettings, hourByHour } from "./lower-bound.ts";
import { GPUS, speedOf } from "./markets.ts";
import type { WorldJob } from "./world-job.ts";
import { START } from "./world-state.ts";

const HOUR_MS = 3_600_000;

/**
 * What nobody can undercut, in micro-dollars, for whom a machine costs in each hour what such machines cost in that hour: though he knew
 * all prices, all stock and all jobs of the month beforehand, waited for the best hours of each job, rented ahead, never
 * downloaded, idled or lost work, and moved jobs from machine to machine at will. He pays for boots, and a job runs on one machine at a time.
 *
 * It is the bound to hold a planner against that does not know the future. `lowerBound` also counts what is gained by keeping
 * machines at the price of a cheap hour until work comes in a dear one: to keep them without loss, one has to know which work will
 * come. Patience needs no such knowledge: of a job that has come, its hours are known, and prices by their past. A machine that is kept
 * at a good price because it has work may undercut this bound; such luck counts for the planner.
 *
 * By the duality of linear programs: `worth` is a price for the time of each GPU type in each hour at which no machine earns more than its
 * rent and its boot. What its work costs a job at these prices, at any price `value` that it sets on its work, is the least that
 * it costs.
 */
export function hourlyBound({ market, jobs, bootSeconds, hours }: BoundSettings): number {
  const worth = new Map(
    GPUS.map(({ gpuType }) => {
      const offers = market.filter(({ offer }) => offer.gpuType === gpuType);
      return [gpuType, hourlyWorth(offers, bootSeconds, hours)] as const;
    }),
  );
  return jobs.reduce((sum, job) => sum + costOf(job, worth), 0);
}

/** Of a second of one GPU type in each hour, in micro-dollars: as high as it can be, from the first hour on. */
function hourlyWorth(offers: readonly TracedOffer[], bootSeconds: number, hours: number): number[] {
  /** What a machine of each offer has still to earn above its prices until it has earned its boot: the least of those rented so far. */
  const boots = offers.map(() => Number.POSITIVE_INFINITY);
  const traces = offers.map(({ trace }) => hourByHour(trace, hours));
  const opening = (at: number, hour: number, price: number): number =>
    traces[at]?.[hour]?.isSold === true ? price * bootSeconds : Number.POSITIVE_INFINITY;
  return Array.from({ length: hours }, (_, hour) => {
    const prices = traces.map((trace, at) => {
      const price = (trace[hour]?.pricePerHourMicroUsd ?? Number.POSITIVE_INFINITY) / 3_600;
      boots[at] = Math.min(boots[at] ?? 0, opening(at, hour, price));
      return price;
    });
    const value = Math.min(...prices.map((price, at) => price + (boots[at] ?? 0) / 3_600));
    // Until one is in stock for the first time, time on it has no price.
    if (value === Number.POSITIVE_INFINITY) return value;
    for (const [at, price] of prices.entries()) {
      const rest = Math.max(0, (boots[at] ?? 0) - (value - price) * 3_600);
      // In an hour that is dearer than its worth one rents only at its end.
      boots[at] = Math.min(rest, opening(at, hour, price));
    }
    return value;
  });
}

/** The least that a job costs at these prices of time, with all hours from its arrival to its deadline to choose from. */
function costOf(job: WorldJob, worth: ReadonlyMap<string, readonly number[]>): number {
  const { estimate, truth, arrivesMs, deadlineMs } = job;
  const gpus = Object.entries(estimate).map(([gpuType, { p50 }]) => ({
    speed: speedOf(gpuType),
    worth: worth.get(gpuType) ?? [],
    work: p50 * truth * speedOf(gpuType),
  }));
  const work = gpus[0]?.work ?? 0;
  const last = worth.values().next().value?.length ?? 0;
  const [fromMs, toMs] = [
    arrivesMs - START.getTime(),
    (deadlineMs ?? last * HOUR_MS + START.getTime()) - START.getTime(),
  ];
  const first = Math.floor(fromMs / HOUR_MS);
  const windows = Array.from({ length: Math.ceil(toMs / HOUR_MS) - first }, (_, index) => {
    const hour = first + index;
    const seconds = (Math.min(toMs, (hour + 1) * HOUR_MS) - Math.max(fromMs, hour * HOUR_MS)) / 1_000;
    return { hour, seconds };
  });
  /** By weak duality a lower bound for every `value` of a second's work; concave in it. */
  const boundAt = (value: number): number =>
    windows.reduce((sum, { hour, seconds }) => {
      const gain = Math.max(
        ...gpus.map(({ speed, worth }) => speed * value - (worth[hour] ?? Number.POSITIVE_INFINITY)),
      );
      return sum - Math.max(0, gain) * seconds;
    }, value * work);
  let [low, high] = [0, DEAREST_MICRO_USD];
  for (let step = 0; step < STEPS; step += 1) {
    const [left, right] = [low + (high - low) / 3, high - (high - low) / 3];
    if (boundAt(left) < boundAt(right)) low = left;
    else high = right;
  }
  return boundAt((low + high) / 2);
}

/** A second's work of an RTX 4090 is never worth more: the dearest GPU on demand is below it. */
const DEAREST_MICRO_USD = 1_000;
const STEPS = 40;

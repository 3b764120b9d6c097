import type { FleetDemand, FleetFacts } from "@loramill/contracts";
import { type Fit, fitJob } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import { recordKey } from "./offer-reputation.ts";
import type { Purse } from "./purse.ts";
import { sayCount, sayMoney, sayPrice } from "./sentences.ts";

export interface WhyNotQuestion {
  readonly job: FleetDemand;
  /** Where it could go, were it not for money. */
  readonly fits: readonly Fit[];
  /** A machine of every offer. */
  readonly fresh: readonly Lane[];
  /** What is left of each offer. */
  readonly stock: ReadonlyMap<string, number>;
  readonly purse: Purse;
  readonly podsLeft: number;
  readonly facts: FleetFacts;
  readonly settings: FleetSettings;
}

/** Why nothing is done for a job, and what would have to change. The first thing that stands in its way, from the outside in. */
export function whyNot({ job, fits, fresh, stock, purse, podsLeft, facts, settings }: WhyNotQuestion): string {
  if (facts.stopped !== null) return `nothing is rented while the fleet is stopped: ${facts.stopped}`;
  const left = purse.leftFor(job);
  const [cheapest] = fits.map(({ microUsd }) => microUsd).sort((a, b) => a - b);
  if (cheapest !== undefined) {
    const needed = sayMoney(cheapest);
    return `it is expected to cost ${needed} at least, and ${sayMoney(left)} is left ${whoseMoney(job, facts, left)}: it needs a higher budget or ceiling`;
  }
  const able = fresh.filter((lane) => fitJob(lane, job, { now: facts.now, settings }) !== null);
  if (able.length === 0) return nothingSuits(job, fresh);
  const inStock = able.filter(({ offer }) => (stock.get(recordKey(offer)) ?? 0) > 0);
  if (inStock.length === 0) {
    return `all ${sayCount(able.length, "offer")} that can do it are out of stock; more GPU types, regions or providers would help`;
  }
  const prices = inStock.map(({ offer }) => offer.pricePerHourMicroUsd);
  const price = Math.min(...prices);
  if (price > purse.perHourLeft()) {
    const ceiling = sayPrice(facts.perHourMicroUsd ?? 0);
    return `the cheapest machine for it costs ${sayPrice(price)}, and ${sayPrice(purse.perHourLeft())} is left below the ceiling of ${ceiling}: a machine has to end first, or the ceiling to rise`;
  }
  return podsLeft > 0
    ? `${sayCount(inStock.length, "offer")} could do it, and none of them for what is left to spend`
    : `${settings.maxPods} machines are the most that may be rented at once: one of them has to end first`;
}

function whoseMoney(job: FleetDemand, facts: FleetFacts, left: number): string {
  if (job.remainingMicroUsd !== null && left <= job.remainingMicroUsd && left < projectLeft(job, facts)) {
    return "for its run";
  }
  return left < (facts.remainingMicroUsd ?? Number.POSITIVE_INFINITY) ? `for the project ${job.project}` : "to spend";
}

const projectLeft = ({ project }: FleetDemand, { remainingByProject }: FleetFacts): number =>
  remainingByProject[project] ?? Number.POSITIVE_INFINITY;

function nothingSuits(job: FleetDemand, fresh: readonly Lane[]): string {
  const gib = Math.ceil(job.vramBytes / 2 ** 30);
  const limits = [
    `${gib} GiB of memory`,
    ...(job.regions.length > 0 ? [`regions ${job.regions.join(", ")}`] : []),
    ...(job.providers.length > 0 ? [`providers ${job.providers.join(", ")}`] : []),
    ...(job.maxMicroUsdPerHour === null ? [] : [`at most ${sayPrice(job.maxMicroUsdPerHour)}`]),
  ];
  return `none of ${sayCount(fresh.length, "offer")} can do it (${limits.join(", ")}); its placement has to allow more`;
}

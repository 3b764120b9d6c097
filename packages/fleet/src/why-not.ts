import type { FleetDemand, FleetFacts } from "@loramill/contracts";
import { type Fit, fitJob } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import type { Purse } from "./purse.ts";
import { sayCount, sayMoney, sayPrice } from "./sentences.ts";
import { canTrain, suitsPlacement } from "./suits-job.ts";

export interface WhyNotQuestion {
  readonly job: FleetDemand;
  /** Where it could go, were it not for money. */
  readonly fits: readonly Fit[];
  /** A machine of every offer, and how many are left of it. */
  readonly stock: ReadonlyMap<Lane, number>;
  readonly purse: Purse;
  readonly facts: FleetFacts;
  readonly settings: FleetSettings;
}

/** Why nothing is done for a job, and what would have to change. The first thing that stands in its way, from the outside in. */
export function whyNot({ job, fits, stock, purse, facts, settings }: WhyNotQuestion): string {
  if (facts.stopped !== null) return `nothing is rented while the fleet is stopped: ${facts.stopped}`;
  const left = purse.leftFor(job);
  const [cheapest] = fits.toSorted((a, b) => a.leastMicroUsd - b.leastMicroUsd);
  if (cheapest !== undefined) {
    const [whole, needed, rest] = [cheapest.microUsd, cheapest.leastMicroUsd, left].map(sayMoney);
    return `it is expected to cost ${whole}, ${needed} of it to its first checkpoint, and ${rest} is left of what its run, its project and the account may spend: one of them has to be given more`;
  }
  const fresh = [...stock.keys()];
  const able = fresh.filter((lane) => fitJob(lane, job, { now: facts.now, settings }) !== null);
  if (able.length === 0) return nothingTrains(job, fresh) ?? nothingSuits(job, fresh);
  const inStock = able.filter((lane) => (stock.get(lane) ?? 0) > 0);
  if (inStock.length === 0) {
    return `all ${sayCount(able.length, "offer")} that can do it are out of stock, or failed too often lately; more GPU types, regions or providers would help`;
  }
  const prices = inStock.map(({ offer }) => offer.pricePerHourMicroUsd);
  const price = Math.min(...prices);
  const [all, ofProject] = [purse.perHourLeft([]), purse.perHourLeftOf(job.project)];
  if (price > Math.min(all, ofProject)) {
    const ceiling =
      ofProject < all
        ? `${sayPrice(facts.perHourByProject[job.project] ?? 0)} of its project`
        : sayPrice(facts.perHourMicroUsd ?? 0);
    return `the cheapest machine for it costs ${sayPrice(price)}, and ${sayPrice(Math.min(all, ofProject))} is left below the ceiling of ${ceiling}: a machine has to end first, or the ceiling to rise`;
  }
  return `${settings.maxPods} machines are the most that may be rented at once: one of them has to end first`;
}

/** Null where machines of some offer would have its trainer. */
function nothingTrains(job: FleetDemand, fresh: readonly Lane[]): string | null {
  const near = fresh.filter(({ offer }) => suitsPlacement(offer, job));
  if (near.length === 0 || near.some(({ offer }) => canTrain(offer, job))) return null;
  return `no machine that could be rented has ${job.trainer}: give it an image that has it in FLEET_IMAGES, or leave it out of AGENT_TRAINERS`;
}

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

import type { FleetDecision, FleetFacts, FleetSupply, MicroUsd } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import { warmPodsAt } from "./keep-warm.ts";
import { knownOf } from "./known-of.ts";
import { newLane } from "./lane.ts";
import { stockOf } from "./offer-odds.ts";
import { sayCount, sayPrice, saySeconds } from "./sentences.ts";
import { compare } from "./service-order.ts";

/** What becomes of machines that nobody needs now. What is not up yet ends at once; what is up takes no more work and ends then. */
export function retirePods(
  unneeded: readonly FleetSupply[],
  facts: FleetFacts,
  settings: FleetSettings,
): FleetDecision[] {
  const warm = warmPodsAt(settings.keepWarm, facts.now);
  const cheapestFirst = unneeded
    .filter(({ state }) => state === "ready")
    .toSorted((a, b) => compare(a.offer.pricePerHourMicroUsd, b.offer.pricePerHourMicroUsd) || compare(a.name, b.name));
  const kept = new Set(cheapestFirst.slice(0, warm).map(({ name }) => name));
  return unneeded.map((pod): FleetDecision => {
    if (pod.state !== "ready") return unready(pod, facts);
    if (kept.has(pod.name)) {
      return {
        kind: "keep",
        pod: pod.name,
        jobs: [],
        because: `kept warm: ${sayCount(warm, "machine")} without work may stay at this time of the week`,
      };
    }
    return idlePod(pod, facts, settings);
  });
}

/**
 * A machine that is on its way stays as long as anything waits that it was wanted for, also where that would go to another one
 * first now: what changes its mind with every look pays for boots and trains nothing.
 */
function unready({ name, wantedFor }: FleetSupply, { demand }: FleetFacts): FleetDecision {
  const jobs = demand.filter(({ job, pod }) => pod === null && wantedFor.includes(job)).map(({ job }) => job);
  if (jobs.length === 0) return { kind: "end", pod: name, because: "the work that it was wanted for is gone" };
  return {
    kind: "keep",
    pod: name,
    jobs,
    because: `is on its way for ${sayCount(jobs.length, "job")} that still ${jobs.length === 1 ? "waits" : "wait"}`,
  };
}

function idlePod(pod: FleetSupply, facts: FleetFacts, settings: FleetSettings): FleetDecision {
  const { now } = facts;
  const { idleSeconds } = settings;
  const since = pod.busyAt ?? pod.answeredAt ?? pod.createdAt;
  const idle = Math.max(0, (now.getTime() - since.getTime()) / 1_000);
  const name = { pod: pod.name };
  if (idle >= idleSeconds) {
    return {
      kind: "drain",
      mayReturn: true,
      ...name,
      because: `without work for ${saySeconds(idle)} of ${saySeconds(idleSeconds)}`,
    };
  }
  const { gpuType, pricePerHourMicroUsd } = pod.offer;
  const cheaper = bargain(pod, facts, settings);
  if (cheaper !== null) {
    const because = `without work, and at ${sayPrice(pricePerHourMicroUsd)} too dear to wait: another ${gpuType} costs ${sayPrice(cheaper)}`;
    return { kind: "drain", mayReturn: true, ...name, because };
  }
  return {
    kind: "keep",
    ...name,
    jobs: [],
    because: `without work for ${saySeconds(idle)} of ${saySeconds(idleSeconds)}: the next job needs no boot here`,
  };
}

/** What the next job is taken to have to do. */
const USUAL_WORK_SECONDS = 3_600;
/** What it costs on a new machine by what it costs on an idle one, below which it would not come here anyway. */
const BARGAIN = 0.9;

/**
 * The price of a machine of the same type that the next job would rather have, its boot and its idling at the end paid for; null without
 * one. Only machines that can be had count, and spot machines in place of others only while no work has a deadline.
 */
function bargain(pod: FleetSupply, facts: FleetFacts, settings: FleetSettings): MicroUsd | null {
  const { gpuType, interruptible, pricePerHourMicroUsd } = pod.offer;
  const isSpotEnough = interruptible || facts.demand.every(({ deadline }) => deadline === null);
  const prices = facts.offers
    .filter((offer) => offer.gpuType === gpuType && (isSpotEnough || !offer.interruptible))
    .map((offer) => newLane(offer, knownOf(offer, facts, settings), settings))
    .filter(({ offer, odds }) => stockOf(offer, odds) > 0)
    .filter(
      ({ offer, openingSeconds }) =>
        offer.pricePerHourMicroUsd * (openingSeconds + USUAL_WORK_SECONDS) <
        pricePerHourMicroUsd * USUAL_WORK_SECONDS * BARGAIN,
    )
    .map(({ offer }) => offer.pricePerHourMicroUsd);
  return prices.length === 0 ? null : Math.min(...prices);
}

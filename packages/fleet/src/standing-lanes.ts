import type { FleetFacts, FleetSupply } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, lanesOf } from "./lane.ts";
import type { StandingSlot } from "./rehearse-lane.ts";
import { compare } from "./service-order.ts";
import { TAKES_WORK } from "./supply-of.ts";

/** The slots of the machines that there are and that take work, as a plan fills them and as a rehearsal finds them. */
export function standingLanes(
  facts: FleetFacts,
  settings: FleetSettings,
): { readonly lane: Lane; readonly slot: StandingSlot }[] {
  const { now, demand, supply } = facts;
  return supply
    .filter(({ state }) => TAKES_WORK.has(state))
    .toSorted((a, b) => compare(a.name, b.name))
    .flatMap((pod) => {
      const known = knownOf({ ...pod.offer, provider: pod.provider }, facts, settings);
      const running = demand.filter((job) => job.pod === pod.name);
      return lanesOf(pod, { ...known, running, now }).map((lane) => ({ lane, slot: slotOf(lane, pod, now) }));
    });
}

function slotOf(lane: Lane, { createdAt, answeredAt }: FleetSupply, now: Date): StandingSlot {
  const { holds, freeSeconds, lateness, odds } = lane;
  const { bootSeconds } = odds;
  const since = (from: Date, to: Date) => Math.max(0, (to.getTime() - from.getTime()) / 1_000);
  return {
    holds,
    freeSeconds: { p50: freeSeconds, p90: freeSeconds + Math.sqrt(lateness) },
    // A wish that waited for an offer was no boot yet.
    bootSeconds: answeredAt === null ? bootSeconds.p50 : Math.min(since(createdAt, answeredAt), bootSeconds.p90),
    sharedSeconds: answeredAt === null ? 0 : since(answeredAt, now) + freeSeconds,
  };
}

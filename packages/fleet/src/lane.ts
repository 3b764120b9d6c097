import type { Digest, FleetDemand, FleetOffer, FleetSupply } from "@loramill/contracts";
import { failedBootSeconds } from "./boot-limits.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { OfferOdds } from "./offer-odds.ts";

/** A place where jobs are done one after another: a slot of a machine that there is, or a machine that could be rented. */
export interface Lane {
  /** Null for a machine that could be rented. */
  readonly pod: string | null;
  readonly offer: FleetOffer;
  readonly odds: OfferOdds;
  /** What lies on its disk when its next job begins. */
  readonly holds: ReadonlySet<Digest>;
  /** What lies on the network volume of its region: also there for the machine that takes its place. */
  readonly onVolume: ReadonlySet<Digest>;
  /** Seconds from now until it can begin a job, half the time. */
  readonly freeSeconds: number;
  /** Seconds of others' work among them; the rest is its boot. */
  readonly workSeconds: number;
  /** How much later one time in ten, squared: independent delays add up so. */
  readonly lateness: number;
  /** Seconds that are paid for only if it gets a job: what is left of its boot, boots that fail, idling at the end. */
  readonly openingSeconds: number;
  /** Placed by this plan, in their order. */
  readonly jobs: readonly FleetDemand[];
  /** Of a machine that may be rented in an hour to come: when, at the price that is to be expected then. */
  readonly later?: { readonly at: Date };
}

/** A machine of an offer, not rented yet. Failed boots are paid until they are given up. */
export function newLane(
  offer: FleetOffer,
  { odds, onVolume }: Pick<Lane, "odds" | "onVolume">,
  settings: FleetSettings,
): Lane {
  const { bootSeconds, failureShare } = odds;
  const wasted = (failureShare / (1 - failureShare)) * failedBootSeconds(settings.bootPatience, bootSeconds);
  return {
    pod: null,
    offer,
    odds,
    holds: onVolume,
    onVolume,
    freeSeconds: bootSeconds.p50,
    workSeconds: 0,
    lateness: (bootSeconds.p90 - bootSeconds.p50) ** 2,
    openingSeconds: bootSeconds.p50 + wasted + settings.idleSeconds,
    jobs: [],
  };
}

/** The slots of a machine, each free when the job that it has now is done. `running`: the jobs that it has. */
export function lanesOf(
  pod: FleetSupply,
  {
    odds,
    onVolume,
    running,
    now,
  }: Pick<Lane, "odds" | "onVolume"> & {
    readonly running: readonly FleetDemand[];
    readonly now: Date;
  },
): Lane[] {
  // What its agent says of itself counts, whatever its image was to have.
  const told = pod.trainers === undefined ? {} : { images: [{ image: "", trainers: pod.trainers }] };
  const offer = { ...pod.offer, provider: pod.provider, ...told };
  const isUp = pod.state === "ready" || pod.state === "draining";
  const bootLeft = isUp ? 0 : bootSecondsLeft(pod, odds, now);
  const holds = new Set([
    ...onVolume,
    ...pod.holds,
    ...running.flatMap(({ models }) => models.map(({ digest }) => digest)),
  ]);
  // One that has not answered yet has told of none.
  const slots = Math.max(1, pod.slots, running.length);
  return Array.from({ length: slots }, (_, slot) => {
    const left = running[slot]?.seconds[offer.gpuType] ?? { p50: 0, p90: 0 };
    return {
      pod: pod.name,
      offer,
      odds,
      holds,
      onVolume,
      freeSeconds: bootLeft + left.p50,
      workSeconds: left.p50,
      lateness: (left.p90 - left.p50) ** 2,
      openingSeconds: bootLeft,
      jobs: [],
    };
  });
}

/**
 * Of a machine that has not answered yet: the rest of a usual boot, then of a slow one, and never more than of another one, which the
 * watchdog of boots decides about and not impatience. One that is only wanted has all of it before it, however long it waits for an offer.
 */
function bootSecondsLeft({ state, createdAt, rentedAt }: FleetSupply, { bootSeconds }: OfferOdds, now: Date): number {
  if (state === "wanted") return bootSeconds.p50;
  const age = (now.getTime() - (rentedAt ?? createdAt).getTime()) / 1_000;
  if (age < bootSeconds.p50) return bootSeconds.p50 - age;
  return Math.min(bootSeconds.p50, Math.max(LAST_SECONDS, bootSeconds.p90 - age));
}

/** It may answer at any moment. */
const LAST_SECONDS = 15;

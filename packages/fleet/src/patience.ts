import type { FleetDemand, FleetFacts, FleetSupply } from "@loramill/contracts";
import { type CheaperHour, cheaperHours } from "./cheaper-hours.ts";
import { chooseFit, weighedOf } from "./choose-fit.ts";
import { type Fit, fitJob, laneWith } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import type { Purse } from "./purse.ts";
import { sayMoney, sayOffer } from "./sentences.ts";
import { suitsPlacement } from "./suits-job.ts";

/** Machines of cheaper hours to come, and the jobs of this plan that wait for them. */
export interface Patience {
  /** Where a job is better off than at the best that it can have now; null where it does not wait. */
  better(job: FleetDemand, now: Fit): Fit | null;
  take(fit: Fit, job: FleetDemand): void;
}

export interface PatienceQuestion {
  readonly facts: FleetFacts;
  readonly settings: FleetSettings;
  readonly purse: Purse;
  /** Machines that are there or come. */
  readonly usable: readonly FleetSupply[];
}

/** Waiting has to save so much of what a job costs: days like those before are no promise. */
const GAIN = 0.05;

/**
 * A job waits while it can be done in an hour to come for clearly less than now, its waiting weighed in, and be in time nine times
 * in ten, though the first wish for a machine came to nothing. So what it would pay now rises as the hours run out in which
 * it could still begin; near its deadline it never waits. One that a machine is wanted for does not change its mind, and one
 * that lost its machine goes on at once.
 */
export function openPatience({ facts, settings, purse, usable }: PatienceQuestion): Patience {
  const { now, offers } = facts;
  const promised = new Set(usable.flatMap(({ wantedFor }) => wantedFor));
  const byPlacement = new Map<string, Later>();
  let perHour = 0;

  const laterFor = (job: FleetDemand): Later => {
    const key = JSON.stringify([job.providers, job.regions]);
    const allowed = () => offers.filter((offer) => suitsPlacement(offer, job));
    const later = byPlacement.get(key) ?? openLater(cheaperHours(allowed(), facts, settings), now);
    byPlacement.set(key, later);
    return later;
  };
  /** With a wish before that nothing met, and a slow boot of the next. */
  const isSafe = ({ lane, doneSeconds }: Fit, { deadline }: FleetDemand) =>
    deadline === null ||
    doneSeconds + settings.wantedSeconds + lane.odds.bootSeconds.p90 <= (deadline.getTime() - now.getTime()) / 1_000;

  return {
    better(job, best) {
      const mayWait = settings.patience === "all" || (settings.patience === "deadline" && job.deadline !== null);
      const hasBegun = job.preemptions > 0 || promised.has(job.job);
      if (!mayWait || hasBegun || !best.isInTime) return null;
      const room = purse.perHourLeft([job.project]) - perHour;
      const fits = laterFor(job)
        .lanes()
        .filter(
          (lane) => couldBeLess(lane, job, best) && (lane.jobs.length > 0 || lane.offer.pricePerHourMicroUsd <= room),
        )
        .flatMap((lane) => fitJob(lane, job, { now, settings }) ?? [])
        .filter((fit) => fit.isInTime && isSafe(fit, job));
      const later = chooseFit(fits);
      return later !== null && later.weighed + later.microUsd * GAIN < weighedOf(best) ? later : null;
    },
    take(fit, job) {
      if (fit.lane.jobs.length === 0) perHour += fit.lane.offer.pricePerHourMicroUsd;
      laterFor(job).put(laneWith(fit, job), fit.lane);
    },
  };
}

/** Its work alone, before all that comes with it. */
function couldBeLess({ offer }: Lane, { seconds }: FleetDemand, { microUsd }: Fit): boolean {
  return ((seconds[offer.gpuType]?.p50 ?? Number.POSITIVE_INFINITY) * offer.pricePerHourMicroUsd) / 3_600 < microUsd;
}

/** Machines that jobs of one placement wait for, and of each kind and hour the next one that could be rented then. */
interface Later {
  lanes(): Lane[];
  put(lane: Lane, before: Lane): void;
}

function openLater(hours: readonly CheaperHour[], now: Date): Later {
  const taken: Lane[] = [];
  const next = hours.map((hour) => ({ hour, count: 0, lane: laneOf(hour, 0, now) }));
  return {
    lanes: () => [...taken, ...next.flatMap(({ lane }) => lane ?? [])],
    put(lane, before) {
      const at = taken.indexOf(before);
      if (at !== -1) {
        taken[at] = lane;
        return;
      }
      taken.push(lane);
      const from = next.find((one) => one.lane === before);
      if (from === undefined) return;
      from.count += 1;
      from.lane = laneOf(from.hour, from.count, now);
    },
  };
}

/** Of the machines of an hour the one after so many; null where there are no more. */
function laneOf({ at, ratio, machines }: CheaperHour, count: number, now: Date): Lane | null {
  const lane = machines[count];
  if (lane === undefined) return null;
  const pricePerHourMicroUsd = Math.round(lane.offer.pricePerHourMicroUsd * ratio);
  const freeSeconds = (at.getTime() - now.getTime()) / 1_000 + lane.freeSeconds;
  return { ...lane, offer: { ...lane.offer, pricePerHourMicroUsd }, freeSeconds, later: { at } };
}

/** "waits until 03:00 UTC for spot NVIDIA L4 at about $0.09/h: $0.11 is usual for it then, $0.21 now". */
export function sayPatience({ lane, microUsd }: Fit, now: Fit): string {
  const time = lane.later?.at.toISOString().slice(11, 16) ?? "";
  const { cloud: _any, ...offer } = lane.offer;
  return `waits until ${time} UTC for ${sayOffer({ ...offer, region: "" })}: ${sayMoney(microUsd)} is usual for it then, and ${sayMoney(now.microUsd)} now`;
}

import type { FleetDemand, FleetFacts, MicroUsd } from "@loramill/contracts";
import { chooseFit } from "./choose-fit.ts";
import { fitJob, laneWith } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, newLane } from "./lane.ts";
import { stockOf } from "./offer-odds.ts";
import { type Patience, sayPatience } from "./patience.ts";
import type { Purse } from "./purse.ts";
import { inOrderOfService } from "./service-order.ts";
import { whyNot } from "./why-not.ts";

/** Where the jobs of a plan go. */
export interface Packing {
  /** Slots of machines that there are, with the jobs that they get next. */
  readonly lanes: readonly Lane[];
  /** Machines to rent. */
  readonly wanted: readonly Lane[];
  readonly waits: readonly Wait[];
}

export interface Wait {
  readonly job: FleetDemand;
  readonly because: string;
  /** To its next checkpoint, where money is what it lacks on all that there is, free or not. */
  readonly neededMicroUsd?: MicroUsd;
}

export interface PackingQuestion {
  readonly facts: FleetFacts;
  readonly settings: FleetSettings;
  /** Without a machine, or with one that ends. */
  readonly waiting: readonly FleetDemand[];
  readonly lanes: readonly Lane[];
  readonly purse: Purse;
  /** How many machines may be rented more. */
  readonly podsLeft: number;
  /** Left out where no job may wait for a cheaper hour. */
  readonly patience?: Patience;
}

/**
 * Every job in its turn goes where it costs least, its waiting weighed in: behind the work of a machine that there is, of one
 * that is to be rented anyway, or on one of its own, now or in a cheaper hour to come. What that takes of stock, ceilings and budgets is gone for those that follow.
 */
export function packJobs({ facts, settings, waiting, purse, ...question }: PackingQuestion): Packing {
  const { now, stopped, offers } = facts;
  const lanes = [...question.lanes];
  const able = waiting.length === 0 ? [] : offers;
  const fresh = able.map((offer) => newLane(offer, knownOf(offer, facts, settings), settings));
  /** What is left of each. */
  const stock = new Map(fresh.map((lane) => [lane, stockOf(lane.offer, lane.odds)]));
  const waits: Wait[] = [];
  let podsLeft = stopped === null ? question.podsLeft : 0;

  const rentable = ({ project }: FleetDemand): Lane[] => {
    const perHour = podsLeft > 0 ? purse.perHourLeft([project]) : Number.NEGATIVE_INFINITY;
    return fresh.filter((lane) => lane.offer.pricePerHourMicroUsd <= perHour && (stock.get(lane) ?? 0) > 0);
  };
  const take = (lane: Lane, { project }: FleetDemand) => {
    podsLeft -= 1;
    stock.set(lane, (stock.get(lane) ?? 0) - 1);
    purse.rent(lane.offer.pricePerHourMicroUsd, [project]);
  };
  /** A machine that this plan rents for other projects alone would count for this one too. */
  const isNewTo = ({ pod, jobs }: Lane, { project }: FleetDemand) =>
    pod === null && jobs.every((other) => other.project !== project);
  const canJoin = (lane: Lane, job: FleetDemand) =>
    !isNewTo(lane, job) || lane.offer.pricePerHourMicroUsd <= purse.perHourLeftOf(job.project);

  /** Nothing where a machine that is taken, sold out or above the ceiling by the hour would do, or nothing is rented at all. */
  const lackOf = (all: readonly Lane[], job: FleetDemand, { leftFor }: Purse): Pick<Wait, "neededMicroUsd"> => {
    const needs = all.flatMap((lane) => fitJob(lane, job, { now, settings })?.leastMicroUsd ?? []);
    const needed = Math.ceil(Math.min(...needs));
    return stopped === null && needs.length > 0 && needed > leftFor(job) ? { neededMicroUsd: needed } : {};
  };

  for (const job of inOrderOfService(waiting, now)) {
    const open = [...lanes.filter((lane) => canJoin(lane, job)), ...rentable(job)];
    const fits = open.flatMap((lane) => fitJob(lane, job, { now, settings }) ?? []);
    const left = purse.leftFor(job);
    // Without room for all of it, what is left takes it to a checkpoint, where it is taken up again when there is more.
    const best =
      chooseFit(fits.filter(({ microUsd }) => microUsd <= left)) ??
      chooseFit(fits.filter(({ leastMicroUsd }) => leastMicroUsd <= left));
    if (best === null) {
      const because = whyNot({ job, fits, stock, purse, facts, settings });
      waits.push({ job, because, ...lackOf([...lanes, ...fresh], job, purse) });
      continue;
    }
    const later = podsLeft > 0 ? question.patience?.better(job, best) : null;
    if (later) {
      question.patience?.take(later, job);
      purse.spend(job, Math.min(later.microUsd, left));
      waits.push({ job, because: sayPatience(later, best) });
      continue;
    }
    purse.spend(job, Math.min(best.microUsd, left));
    const at = lanes.indexOf(best.lane);
    if (at === -1) take(best.lane, job);
    else if (isNewTo(best.lane, job)) purse.join(best.lane.offer.pricePerHourMicroUsd, job.project);
    lanes.splice(at === -1 ? lanes.length : at, at === -1 ? 0 : 1, laneWith(best, job));
  }
  const [wanted, existing] = [lanes.filter(({ pod }) => pod === null), lanes.filter(({ pod }) => pod !== null)];
  return { lanes: existing, wanted, waits };
}

import type { FleetFacts, JobId } from "@loramill/contracts";
import { drawNormal, type Random, rangeOf } from "./draw.ts";
import { fitJob, laneWith } from "./fit-job.ts";
import type { FleetQuote } from "./fleet-quote.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import { type Packing, packJobs } from "./pack-jobs.ts";
import { openPurse } from "./purse.ts";
import { courseOf, partsOf } from "./quote-parts.ts";
import { rehearseLane } from "./rehearse-lane.ts";
import { compare } from "./service-order.ts";
import { standingLanes } from "./standing-lanes.ts";

export interface QuoteOptions {
  /** Seeded where equal questions are to be answered equally. */
  readonly random: Random;
  readonly samples?: number;
  /** Whose amounts are asked for, among all others; left out, those of all jobs that have no machine yet. */
  readonly of?: JobId;
}

const SAMPLES = 400;
/** What all estimates of a request have in common: the same trainer, the same pictures, the same hour of the market. */
const COMMON_SPREAD = 0.08;

/**
 * What a set of jobs will cost and when it will be done, before anything runs: packed as the planner would pack them on the
 * machines that there are and on new ones, and rehearsed many times with boots, downloads, work, preemptions and idling drawn
 * from what is known of them. Jobs that a ceiling keeps waiting follow on the machine that is free first. What has a machine
 * is in the way of what has none, and not in the price. Whether anything may be rented now is not asked.
 */
export function quoteFleet(
  facts: FleetFacts,
  settings: FleetSettings,
  { random, samples = SAMPLES, of }: QuoteOptions,
): FleetQuote {
  const { now } = facts;
  const standing = standingLanes(facts, settings);
  const packing = packJobs({
    facts: { ...facts, stopped: null },
    settings,
    purse: openPurse(facts),
    waiting: facts.demand.filter(({ pod }) => pod === null),
    lanes: standing.map(({ lane }) => lane),
    podsLeft: settings.maxPods - facts.supply.filter(({ state }) => state !== "ended").length,
  });
  const { lanes, without } = queueUp(packing, { now, settings });
  const courses = Array.from({ length: samples }, () => {
    const common = Math.exp(COMMON_SPREAD * drawNormal(random));
    return courseOf(
      lanes.flatMap((lane, at) => {
        const ran = rehearseLane(lane, { settings, random, common }, standing[at]?.slot);
        return ran.map((course) => ({ ...course, pricePerHourMicroUsd: lane.offer.pricePerHourMicroUsd }));
      }),
      of,
    );
  });
  return {
    microUsd: rangeOf(courses.map(({ microUsd }) => microUsd)),
    ...partsOf(courses),
    seconds: rangeOf(courses.map(({ seconds }) => seconds)),
    machines: lanes.filter(({ pod }) => pod === null).length,
    places: lanes.flatMap(({ pod, offer, jobs }) =>
      jobs.length === 0 ? [] : [{ pod, offer, jobs: jobs.map(({ job }) => job) }],
    ),
    without,
  };
}

/**
 * Jobs for which there was no room now, each behind the work of the lane that is free first of those that can do it. Lanes of
 * machines that there are come first, in the order in which they were given.
 */
function queueUp(
  packing: Packing,
  context: { readonly now: Date; readonly settings: FleetSettings },
): { lanes: readonly Lane[]; without: FleetQuote["without"] } {
  const lanes = [...packing.lanes, ...packing.wanted];
  const without: { job: JobId; because: string }[] = [];
  for (const { job, because } of packing.waits) {
    const fits = lanes.flatMap((lane) => fitJob(lane, job, context) ?? []);
    const [first] = fits.toSorted((a, b) => compare(a.startSeconds, b.startSeconds));
    if (first === undefined) without.push({ job: job.job, because });
    else lanes[lanes.indexOf(first.lane)] = laneWith(first, job);
  }
  return { lanes, without };
}

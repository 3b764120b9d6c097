import type { FleetFacts, JobId, Range } from "@loramill/contracts";
import { drawNormal, type Random, rangeOf } from "./draw.ts";
import { fitJob, laneWith } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import { type Packing, packJobs } from "./pack-jobs.ts";
import { openPurse } from "./purse.ts";
import { rehearseLane } from "./rehearse-lane.ts";
import { compare } from "./service-order.ts";

export interface FleetQuote {
  readonly microUsd: Range;
  /** Until the last job is done. */
  readonly seconds: Range;
  /** Machines at one moment. */
  readonly machines: number;
  /** Jobs that no offer of now can do, and why; they are not in the price. */
  readonly without: readonly { readonly job: JobId; readonly because: string }[];
}

export interface QuoteOptions {
  /** Seeded where equal questions are to be answered equally. */
  readonly random: Random;
  readonly samples?: number;
}

const SAMPLES = 400;
/** What all estimates of a request have in common: the same trainer, the same pictures, the same hour of the market. */
const COMMON_SPREAD = 0.08;

/**
 * What a set of jobs will cost and when it will be done, before anything runs: packed as the planner would pack them on machines
 * of their own, and rehearsed many times with boots, downloads, work, preemptions and idling drawn from what is known of
 * them. Jobs that a ceiling keeps waiting follow on the machine that is free first.
 */
export function quoteFleet(
  facts: FleetFacts,
  settings: FleetSettings,
  { random, samples = SAMPLES }: QuoteOptions,
): FleetQuote {
  const { demand } = facts;
  const alone: FleetFacts = { ...facts, supply: [], stopped: null };
  const purse = openPurse(alone);
  const packing = packJobs({ facts: alone, settings, purse, waiting: demand, lanes: [], podsLeft: settings.maxPods });
  const { lanes, without } = queueUp(packing, { now: facts.now, settings });
  const runs = Array.from({ length: samples }, () => {
    const common = Math.exp(COMMON_SPREAD * drawNormal(random));
    const rehearsed = lanes.map((lane) => rehearseLane(lane, { settings, random, common }));
    return {
      microUsd: Math.round(rehearsed.reduce((sum, { microUsd }) => sum + microUsd, 0)),
      seconds: Math.round(Math.max(0, ...rehearsed.map(({ seconds }) => seconds))),
    };
  });
  return {
    microUsd: rangeOf(runs.map(({ microUsd }) => microUsd)),
    seconds: rangeOf(runs.map(({ seconds }) => seconds)),
    machines: lanes.length,
    without,
  };
}

/** Jobs for which there was no room now, each behind the work of the lane that is free first of those that can do it. */
function queueUp(
  { wanted, waits }: Pick<Packing, "wanted" | "waits">,
  context: { readonly now: Date; readonly settings: FleetSettings },
): { lanes: readonly Lane[]; without: FleetQuote["without"] } {
  const lanes = [...wanted];
  const without: { job: JobId; because: string }[] = [];
  for (const { job, because } of waits) {
    const fits = lanes.flatMap((lane) => fitJob(lane, job, context) ?? []);
    const [first] = fits.toSorted((a, b) => compare(a.startSeconds, b.startSeconds));
    if (first === undefined) without.push({ job: job.job, because });
    else lanes[lanes.indexOf(first.lane)] = laneWith(first, job);
  }
  return { lanes, without };
}

import type { Digest, FleetDemand, QuotePartName, Range } from "@loramill/contracts";
import { failedBootSeconds } from "./boot-limits.ts";
import { drawFrom, drawWaitSeconds, type Random } from "./draw.ts";
import { bytesBeside } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";

interface Rehearsal {
  readonly settings: FleetSettings;
  readonly random: Random;
  /** By which all work of this rehearsal takes longer than it was estimated. */
  readonly common: number;
}

/** A slot of a machine that there is, before it gets the jobs of its lane. */
export interface StandingSlot {
  readonly holds: ReadonlySet<Digest>;
  /** Until it has done what it has. */
  readonly freeSeconds: Range;
  /** What its boot took. */
  readonly bootSeconds: number;
  /** For which others have it, who share its boot and its idling: since its first answer, and until it is free. */
  readonly sharedSeconds: number;
}

/** What became of a job: when it was done, and the machine's seconds that it pays for. */
export interface JobCourse {
  readonly job: FleetDemand;
  readonly doneSeconds: number;
  readonly parts: Readonly<Record<QuotePartName, number>>;
}

/** Between two jobs of a machine: the last files go up, and the next job is noticed and its pictures come down. */
const HANDOVER_SECONDS = 30;

/**
 * One course that the jobs of a machine may take, from the wish for it to its end; on a preemption another takes its place. Boot
 * and idling are shared by seconds, as reports of costs share them out.
 */
export function rehearseLane(lane: Lane, rehearsal: Rehearsal, slot?: StandingSlot): JobCourse[] {
  const { settings, random } = rehearsal;
  const boot = slot?.bootSeconds ?? bootSeconds(lane, rehearsal);
  let seconds = slot === undefined ? boot : drawFrom(slot.freeSeconds, random);
  const holds = new Set(slot?.holds ?? lane.onVolume);
  const courses = lane.jobs.map((job) => {
    const download = bytesBeside(holds, job) / settings.downloadBytesPerSecond + HANDOVER_SECONDS;
    for (const { digest } of job.models) holds.add(digest);
    const { work, restarts } = workSeconds(lane, job, rehearsal);
    const own = download + work + restarts;
    seconds += own;
    return { job, doneSeconds: seconds, download, work, restarts, own };
  });
  const all = courses.reduce((sum, { own }) => sum + own, slot?.sharedSeconds ?? 0);
  return courses.map(({ job, doneSeconds, own, ...parts }) => ({
    job,
    doneSeconds,
    parts: { ...parts, boot: (boot * own) / all, idle: (settings.idleSeconds * own) / all },
  }));
}

function bootSeconds({ odds }: Lane, { random, settings }: Rehearsal): number {
  let seconds = drawFrom(odds.bootSeconds, random);
  while (random() < odds.failureShare) {
    seconds += failedBootSeconds(settings.bootPatience, odds.bootSeconds);
  }
  return seconds;
}

/** After each preemption a boot, a download and what came after the last checkpoint are paid again. */
function workSeconds(lane: Lane, job: FleetDemand, rehearsal: Rehearsal): { work: number; restarts: number } {
  const { random, common, settings } = rehearsal;
  const estimate = job.seconds[lane.offer.gpuType] ?? { p50: 0, p90: 0 };
  const download = bytesBeside(lane.onVolume, job) / settings.downloadBytesPerSecond;
  const work = drawFrom(estimate, random) * common;
  let left = work;
  let restarts = 0;
  for (let taken = 0; taken < MOST_RESTARTS; taken += 1) {
    const until = drawWaitSeconds(lane.odds.preemptionsPerHour, random);
    if (until >= left) break;
    const kept = Math.floor(until / job.checkpointSeconds) * job.checkpointSeconds;
    left -= kept;
    restarts += until - kept + bootSeconds(lane, rehearsal) + download;
  }
  return { work, restarts };
}

/** A market that takes every machine back before the first checkpoint has no price. */
const MOST_RESTARTS = 100;

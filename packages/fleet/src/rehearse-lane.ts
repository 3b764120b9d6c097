import type { FleetDemand } from "@loramill/contracts";
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

/** Between two jobs of a machine: the last files go up, and the next job is noticed and its pictures come down. */
const HANDOVER_SECONDS = 30;
/** A boot that comes to nothing is given up when it has taken so many times a slow one. */
const GIVEN_UP = 2;

/** One course that the jobs of a machine may take, from the wish for it to its end; on a preemption another takes its place. */
export function rehearseLane(
  lane: Lane,
  rehearsal: Rehearsal,
): { readonly seconds: number; readonly microUsd: number } {
  const { settings } = rehearsal;
  const { pricePerHourMicroUsd } = lane.offer;
  let seconds = bootSeconds(lane, rehearsal);
  const holds = new Set(lane.onVolume);
  for (const job of lane.jobs) {
    const download = bytesBeside(holds, job) / settings.downloadBytesPerSecond;
    for (const { digest } of job.models) holds.add(digest);
    seconds += download + workSeconds(lane, job, rehearsal) + HANDOVER_SECONDS;
  }
  return { seconds, microUsd: (pricePerHourMicroUsd * (seconds + settings.idleSeconds)) / 3_600 };
}

function bootSeconds({ odds }: Lane, { random }: Rehearsal): number {
  let seconds = drawFrom(odds.bootSeconds, random);
  while (random() < odds.failureShare) seconds += odds.bootSeconds.p90 * GIVEN_UP;
  return seconds;
}

/** Until all of it is done: after each preemption a boot, a download and what came after the last checkpoint are paid again. */
function workSeconds(lane: Lane, job: FleetDemand, rehearsal: Rehearsal): number {
  const { random, common, settings } = rehearsal;
  const estimate = job.seconds[lane.offer.gpuType] ?? { p50: 0, p90: 0 };
  let left = drawFrom(estimate, random) * common;
  const download = bytesBeside(lane.onVolume, job) / settings.downloadBytesPerSecond;
  let seconds = 0;
  for (let restarts = 0; restarts < MOST_RESTARTS; restarts += 1) {
    const until = drawWaitSeconds(lane.odds.preemptionsPerHour, random);
    if (until >= left) break;
    left -= Math.floor(until / job.checkpointSeconds) * job.checkpointSeconds;
    seconds += until + bootSeconds(lane, rehearsal) + download;
  }
  return seconds + left;
}

/** A market that takes every machine back before the first checkpoint has no price. */
const MOST_RESTARTS = 100;

import type { FleetOffer } from "@loramill/contracts";
import { trueSeconds, type WorldJob } from "./world-job.ts";
import { START } from "./world-state.ts";

export interface OptimumQuestion {
  /** All there from the beginning; twelve at most. */
  readonly jobs: readonly WorldJob[];
  /** Any number of machines of each, at prices that stand. */
  readonly offers: readonly FleetOffer[];
  readonly bootSeconds: number;
  readonly bytesPerSecond: number;
}

/**
 * The least that jobs can cost in a market that stands still, in micro-dollars: over all ways to share them out to machines, all
 * orders on each machine and all offers for it, such that every deadline is met. A machine costs from its boot to the end of
 * its last job; it downloads each base model once. Nothing fails, nothing idles, and all is known beforehand.
 *
 * Exact by two dynamic programs over sets of jobs: when a machine has done a set depends on the set alone, so that
 * a set can be done in time if one of its jobs can be last and the others can be done in time; and the cheapest way for a set is
 * that of the part with its first job, plus that of the rest.
 */
export function exactOptimum({ jobs, offers, bootSeconds, bytesPerSecond }: OptimumQuestion): number {
  const sets = 2 ** jobs.length;
  const alone = new Float64Array(sets).fill(Number.POSITIVE_INFINITY);
  for (const offer of offers) {
    const seconds = secondsBySet(jobs, offer, { bootSeconds, bytesPerSecond });
    const due = jobs.map(({ deadlineMs }) => (deadlineMs === null ? Infinity : (deadlineMs - START.getTime()) / 1_000));
    const isInTime = new Uint8Array(sets);
    isInTime[0] = 1;
    for (let set = 1; set < sets; set += 1) {
      const end = seconds[set] ?? Infinity;
      const canBeLast = (_: unknown, job: number) =>
        (set & (1 << job)) !== 0 && isInTime[set ^ (1 << job)] === 1 && end <= (due[job] ?? 0);
      if (!jobs.some(canBeLast)) continue;
      isInTime[set] = 1;
      alone[set] = Math.min(alone[set] ?? Infinity, (offer.pricePerHourMicroUsd * end) / 3_600);
    }
  }
  const least = new Float64Array(sets).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (let set = 1; set < sets; set += 1) {
    const first = set & -set;
    for (let part = set; part > 0; part = (part - 1) & set) {
      if ((part & first) === 0) continue;
      least[set] = Math.min(least[set] ?? Infinity, (alone[part] ?? Infinity) + (least[set ^ part] ?? Infinity));
    }
  }
  return least[sets - 1] ?? Infinity;
}

/** From the wish for a machine of an offer to the end of a set of jobs on it; infinite where it cannot do one of them. */
function secondsBySet(
  jobs: readonly WorldJob[],
  { gpuType, vramBytes }: FleetOffer,
  { bootSeconds, bytesPerSecond }: Pick<OptimumQuestion, "bootSeconds" | "bytesPerSecond">,
): Float64Array {
  const seconds = new Float64Array(2 ** jobs.length);
  for (let set = 1; set < seconds.length; set += 1) {
    const chosen = jobs.filter((_, job) => (set & (1 << job)) !== 0);
    const models = new Map(chosen.flatMap((job) => job.models.map(({ digest, bytes }) => [digest, bytes] as const)));
    const bytes = [...models.values()].reduce((sum, one) => sum + one, 0);
    const work = chosen.map((job) => (job.vramBytes > vramBytes ? Infinity : trueSeconds(job, gpuType)));
    seconds[set] = bootSeconds + bytes / bytesPerSecond + work.reduce((sum, one) => sum + one, 0);
  }
  return seconds;
}

import type { FleetDemand } from "@loramill/contracts";

/**
 * Who chooses first: by priority, then who has to begin soonest to be in time on the fastest machine, then who came first.
 * Ids decide what is left, so that the order of the facts does not matter.
 */
export function inOrderOfService(jobs: readonly FleetDemand[], now: Date): FleetDemand[] {
  const keyed = jobs.map((job) => ({ job, slack: slackSeconds(job, now) }));
  keyed.sort(
    (a, b) =>
      a.job.priority - b.job.priority ||
      compare(a.slack, b.slack) ||
      a.job.since.getTime() - b.job.since.getTime() ||
      compare(a.job.job, b.job.job),
  );
  return keyed.map(({ job }) => job);
}

/** How long it may still wait; infinite without a deadline. */
export function slackSeconds({ deadline, seconds }: FleetDemand, now: Date): number {
  if (deadline === null) return Number.POSITIVE_INFINITY;
  const fastest = Math.min(...Object.values(seconds).map(({ p90 }) => p90));
  return (deadline.getTime() - now.getTime()) / 1_000 - fastest;
}

/** Also of infinite numbers, whose difference is none. */
export function compare<T extends number | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

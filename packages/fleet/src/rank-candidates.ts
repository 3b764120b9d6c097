import type { FleetDemand, FleetFacts } from "@loramill/contracts";
import { type Fit, fitJob, laneWith } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { knownOf } from "./known-of.ts";
import { type Lane, newLane } from "./lane.ts";
import { stockOf } from "./offer-odds.ts";
import { recordKey } from "./offer-reputation.ts";
import { compare } from "./service-order.ts";

/** An offer that could do the jobs of a wanted machine, and what that is expected to cost. */
export interface Candidate {
  readonly lane: Lane;
  readonly fits: readonly Fit[];
  readonly microUsd: number;
}

/** Of all candidates, the one that the packing chose, and those that would also do: the best first. */
export interface Ranking {
  readonly packed: Candidate;
  readonly ranked: readonly Candidate[];
}

/**
 * The offer that the packing chose competes once more with all others, now that all jobs of the machine are known. Others may cost
 * no more than the limits, and have no more jobs late. Where some are late anyway, what was packed is done first: it stays the best.
 */
export function rankCandidates(
  wanted: Lane,
  { facts, settings }: { readonly facts: FleetFacts; readonly settings: FleetSettings },
  limits: { readonly perHour: number; readonly microUsd: number },
): Ranking {
  const all = facts.offers
    .filter(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd <= limits.perHour)
    .map((offer) => newLane(offer, knownOf(offer, facts, settings), settings))
    .filter(({ offer, odds }) => stockOf(offer, odds) > 0)
    .flatMap((lane) => {
      const fits = refit(lane, wanted.jobs, { now: facts.now, settings });
      return fits === null ? [] : [{ lane, fits, microUsd: fits.reduce((sum, fit) => sum + fit.microUsd, 0) }];
    });
  const packed = all.find(({ lane }) => recordKey(lane.offer) === recordKey(wanted.offer));
  if (packed === undefined) throw new Error(`the offer ${recordKey(wanted.offer)} was packed, and is not offered`);
  const late = lateJobs(packed);
  const possible = all.filter(
    (one) => one === packed || (lateJobs(one) <= late && one.microUsd <= packed.microUsd + limits.microUsd),
  );
  const isFirst = (one: Candidate) => late > 0 && one === packed;
  const ranked = possible.toSorted(
    (a, b) =>
      Number(isFirst(b)) - Number(isFirst(a)) ||
      compare(a.microUsd, b.microUsd) ||
      compare(recordKey(a.lane.offer), recordKey(b.lane.offer)),
  );
  return { packed, ranked };
}

export const lateJobs = ({ fits }: Candidate): number => fits.filter(({ isInTime }) => !isInTime).length;

/** The same jobs in the same order on another lane; null where it cannot do one of them. */
function refit(
  lane: Lane,
  jobs: readonly FleetDemand[],
  context: { readonly now: Date; readonly settings: FleetSettings },
): Fit[] | null {
  const fits: Fit[] = [];
  let current = lane;
  for (const job of jobs) {
    const fit = fitJob(current, job, context);
    if (fit === null) return null;
    fits.push(fit);
    current = laneWith(fit, job);
  }
  return fits;
}

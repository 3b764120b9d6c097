import type { FleetDecision, FleetDemand, FleetFacts, FleetOffer } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import type { Purse } from "./purse.ts";
import { type Candidate, lateJobs, rankCandidates } from "./rank-candidates.ts";
import { sayCount, sayMoney, sayOffer, saySeconds } from "./sentences.ts";
import { withTrainer } from "./suits-job.ts";

/** Candidates that cost more than so many times the best are not walked to: the next plan may know something better. */
const TOLERANCE = 1.35;

/** The wish for a machine that does the jobs of a lane. Ceilings and budgets hold for the dearest of its candidates. */
export function chooseCreate(
  wanted: Lane,
  { facts, settings, purse }: { readonly facts: FleetFacts; readonly settings: FleetSettings; readonly purse: Purse },
): FleetDecision & { kind: "create" } {
  const { jobs } = wanted;
  const projects = new Set(jobs.map(({ project }) => project));
  const reserved = wanted.offer.pricePerHourMicroUsd;
  const limits = {
    perHour: reserved + purse.perHourLeft(projects),
    microUsd: Math.min(...jobs.map((job) => purse.leftFor(job))),
  };
  const { packed, ranked } = rankCandidates(wanted, { facts, settings }, limits);
  const best = ranked[0] ?? packed;
  const { provider } = best.lane.offer;
  const taken = ranked
    .filter(({ lane, microUsd }) => lane.offer.provider === provider && microUsd <= best.microUsd * TOLERANCE)
    .slice(0, settings.candidates);
  const candidates = taken.map(({ lane }) => startedFor(lane.offer, jobs));
  purse.rent(Math.max(...candidates.map(({ pricePerHourMicroUsd }) => pricePerHourMicroUsd)) - reserved, projects);
  const dearest = Math.max(...taken.map(({ microUsd }) => microUsd));
  for (const job of jobs.slice(0, 1)) purse.spend(job, dearest - packed.microUsd);
  const last = best.fits.at(-1);
  return {
    kind: "create",
    provider,
    candidates,
    jobs: jobs.map(({ job }) => job),
    expected: {
      seconds: Math.round(last === undefined ? 0 : last.startSeconds + last.seconds),
      // No more than there is room for: a training stops at a checkpoint before that is spent.
      microUsd: Math.round(
        Math.min(
          best.microUsd,
          jobs.reduce((sum, job) => sum + purse.spentOn(job), 0),
        ),
      ),
    },
    because: sayCreate(best, ranked[1]),
  };
}

/** An offer with the image that a machine of it is to run: the first that has all trainers of its jobs. */
function startedFor(offer: FleetOffer, jobs: readonly FleetDemand[]): FleetOffer {
  const { images } = jobs.reduce(withTrainer, offer);
  return images === undefined ? offer : { ...offer, images: images.slice(0, 1) };
}

function sayCreate(best: Candidate, next: Candidate | undefined): string {
  const { lane, fits, microUsd } = best;
  const { offer, odds } = lane;
  const work = saySeconds(fits.reduce((sum, { seconds }) => sum + seconds, 0));
  const boot = `a boot of ${saySeconds(odds.bootSeconds.p50)}`;
  const risk = odds.preemptionsPerHour > 0 ? ` and ${odds.preemptionsPerHour.toFixed(2)} preemptions an hour` : "";
  const late = lateJobs(best);
  const lateness = late === 0 ? "" : `; ${sayCount(late, "job")} will probably be late`;
  const second = next === undefined ? "" : `; the next, ${sayOffer(next.lane.offer)}, ${sayMoney(next.microUsd)}`;
  return `${sayCount(fits.length, "job")} of ${work}: ${sayOffer(offer)} is expected to cost ${sayMoney(microUsd)} with ${boot}${risk}${second}${lateness}`;
}

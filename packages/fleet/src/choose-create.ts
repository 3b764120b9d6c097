import type { FleetDecision, FleetFacts } from "@loramill/contracts";
import type { Fit } from "./fit-job.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { type Lane, newLane } from "./lane.ts";
import { offerOdds } from "./offer-odds.ts";
import { recordKey } from "./offer-reputation.ts";
import { refit } from "./pack-jobs.ts";
import type { Purse } from "./purse.ts";
import { sayCount, sayMoney, sayOffer, saySeconds } from "./sentences.ts";
import { compare } from "./service-order.ts";

/** Candidates that cost more than so many times the best are not walked to: the next plan may know something better. */
const TOLERANCE = 1.35;

interface Candidate {
  readonly lane: Lane;
  readonly fits: readonly Fit[];
  readonly microUsd: number;
}

/**
 * The wish for a machine that does the jobs of a lane. The offer that the packing chose competes once more with all others,
 * now that its jobs are known; those that would also do follow it. Ceilings and budgets hold for the dearest of them.
 */
export function chooseCreate(
  wanted: Lane,
  { facts, settings, purse }: { readonly facts: FleetFacts; readonly settings: FleetSettings; readonly purse: Purse },
): FleetDecision & { kind: "create" } {
  const { offers, records, now } = facts;
  const { jobs, offer: packed } = wanted;
  const mayCost = Math.min(...jobs.map((job) => purse.leftFor(job)));
  const price = (offer: Lane["offer"]) => offer.pricePerHourMicroUsd;
  const all = offers
    .filter((offer) => offer.available > 0 && price(offer) - price(packed) <= purse.perHourLeft())
    .flatMap((offer): Candidate[] => {
      const lane = newLane(offer, offerOdds(offer, records, settings), settings);
      const fits = refit(lane, jobs, { now, settings });
      return fits === null ? [] : [{ lane, fits, microUsd: fits.reduce((sum, fit) => sum + fit.microUsd, 0) }];
    });
  const chosen = all.find(({ lane }) => recordKey(lane.offer) === recordKey(packed));
  if (chosen === undefined) throw new Error(`the offer ${recordKey(packed)} was packed, and is not offered`);
  const late = ({ fits }: Candidate) => fits.filter(({ isInTime }) => !isInTime).length;
  const possible = all.filter(
    (one) => one === chosen || (late(one) <= late(chosen) && one.microUsd - chosen.microUsd <= mayCost),
  );
  // Where something is late anyway, what was packed is done first: dearer, and meant so.
  const byCost = possible.toSorted(
    (a, b) =>
      (late(chosen) > 0 ? Number(b === chosen) - Number(a === chosen) : 0) ||
      compare(a.microUsd, b.microUsd) ||
      compare(recordKey(a.lane.offer), recordKey(b.lane.offer)),
  );
  const best = byCost[0] ?? chosen;
  const ranked = byCost
    .filter(
      ({ lane, microUsd }) => lane.offer.provider === best.lane.offer.provider && microUsd <= best.microUsd * TOLERANCE,
    )
    .slice(0, settings.candidates);
  const candidates = ranked.map(({ lane }) => lane.offer);
  const dearest = Math.max(...candidates.map(price));
  purse.rent(dearest - price(packed));
  const [payer] = jobs;
  if (payer !== undefined) {
    purse.spend(payer, Math.max(...ranked.map(({ microUsd }) => microUsd)) - chosen.microUsd);
  }
  return {
    kind: "create",
    provider: best.lane.offer.provider,
    candidates,
    jobs: jobs.map(({ job }) => job),
    expected: { seconds: Math.round(endOf(best)), microUsd: Math.round(best.microUsd) },
    because: sayCreate(best, byCost[1]),
  };
}

const endOf = ({ fits }: Candidate): number => {
  const last = fits.at(-1);
  return last === undefined ? 0 : last.startSeconds + last.seconds;
};

function sayCreate(best: Candidate, next: Candidate | undefined): string {
  const { lane, fits, microUsd } = best;
  const { offer, odds } = lane;
  const work = saySeconds(fits.reduce((sum, { seconds }) => sum + seconds, 0));
  const boot = `a boot of ${saySeconds(odds.bootSeconds.p50)}`;
  const risk = odds.preemptionsPerHour > 0 ? ` and ${odds.preemptionsPerHour.toFixed(2)} preemptions an hour` : "";
  const late = fits.filter(({ isInTime }) => !isInTime).length;
  const lateness = late === 0 ? "" : `; ${sayCount(late, "job")} would be late on any machine`;
  const second = next === undefined ? "" : `; the next, ${sayOffer(next.lane.offer)}, ${sayMoney(next.microUsd)}`;
  return `${sayCount(fits.length, "job")} of ${work}: ${sayOffer(offer)} is expected to cost ${sayMoney(microUsd)} with ${boot}${risk}${second}${lateness}`;
}

import type { MachineOffer } from "@loramill/contracts";

/** What became of a machine, or of the wish for one. */
export type OfferEvent = "booted" | "boot-failed" | "no-capacity" | "preempted" | "finished";

export interface Reputation {
  /** Sums of events, each worth half as much after every `HALF_LIFE_MS`. */
  readonly good: number;
  readonly bad: number;
  readonly at: Date;
}

/** How bad each event is, where a machine that boots or finishes its work is worth 1. */
const BAD: Readonly<Record<OfferEvent, number>> = {
  booted: 0,
  finished: 0,
  "no-capacity": 0.5,
  preempted: 1,
  "boot-failed": 2,
};

/** Stock and hosts change within a day: what happened six hours ago counts half. */
const HALF_LIFE_MS = 6 * 3_600_000;
/** An offer without a past is taken for one that failed once in ten times. */
const PRIOR = { good: 9, bad: 1 };

/** Where reputations are kept: an offer is its GPU type, place, cloud and way of buying, whatever it costs today. */
export function offerKey({ gpuType, region, cloud, interruptible }: MachineOffer): string {
  return [gpuType, region, cloud ?? "", interruptible ? "spot" : "on-demand"].join("|");
}

export function noteOfferEvent(before: Reputation | undefined, event: OfferEvent, now: Date): Reputation {
  const { good, bad } = decayed(before, now);
  const isGood = BAD[event] === 0;
  return { good: good + (isGood ? 1 : 0), bad: bad + BAD[event], at: now };
}

/** Expected share of machines of this offer that come to grief, above 0 and below 1. */
export function failureShare(reputation: Reputation | undefined, now: Date): number {
  const { good, bad } = decayed(reputation, now);
  return (bad + PRIOR.bad) / (good + bad + PRIOR.good + PRIOR.bad);
}

function decayed(reputation: Reputation | undefined, now: Date): { good: number; bad: number } {
  if (reputation === undefined) return { good: 0, bad: 0 };
  const ageMs = Math.max(0, now.getTime() - reputation.at.getTime());
  const left = 2 ** (-ageMs / HALF_LIFE_MS);
  return { good: reputation.good * left, bad: reputation.bad * left };
}

import type { Fit } from "./fit-job.ts";
import { recordKey } from "./offer-reputation.ts";
import { compare } from "./service-order.ts";

/** A new machine has to be better by so much than one that there is: estimates are no better than that. */
const GAIN = 0.02;

/**
 * The best of several: of what is in time, what costs least with its waiting. Where nothing is in time, what is done first,
 * because a deadline that is missed by little is missed by more with every saving.
 */
export function chooseFit(fits: readonly Fit[]): Fit | null {
  const inTime = fits.filter(({ isInTime }) => isInTime);
  if (inTime.length > 0) return least(inTime, weighedOf);
  return least(fits, ({ doneSeconds }) => doneSeconds);
}

export function weighedOf({ lane, weighed, microUsd }: Fit): number {
  const isNew = lane.pod === null && lane.jobs.length === 0;
  return weighed + (isNew ? microUsd * GAIN : 0);
}

/** Equal ones are told apart by what does not depend on the order of the facts. */
function least(fits: readonly Fit[], value: (fit: Fit) => number): Fit | null {
  let best: Fit | null = null;
  for (const fit of fits) {
    if (best === null || isBetter(fit, best, value)) best = fit;
  }
  return best;
}

function isBetter(a: Fit, b: Fit, value: (fit: Fit) => number): boolean {
  const order =
    compare(value(a), value(b)) || compare(a.startSeconds, b.startSeconds) || compare(identity(a), identity(b));
  return order < 0;
}

const identity = ({ lane }: Fit): string =>
  `${lane.pod ?? "~"} ${recordKey(lane.offer)} ${lane.jobs[0]?.job ?? ""} ${lane.later?.at.getTime() ?? ""}`;

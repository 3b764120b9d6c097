import type { FleetFacts, FleetSupply } from "@loramill/contracts";
import { sayPrice } from "./sentences.ts";
import { compare } from "./service-order.ts";

/**
 * Machines that have to go so that a ceiling by the hour, lowered after they were rented, holds again: with the reason. Those
 * without work first, then the dearest. None that is going already.
 */
export function podsOverCeiling(living: readonly FleetSupply[], { perHourMicroUsd }: FleetFacts): Map<string, string> {
  const reasons = new Map<string, string>();
  if (perHourMicroUsd === null) return reasons;
  const leaves = ({ state }: FleetSupply) => state === "draining" || state === "ending";
  const rented = living.reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
  let perHour = living.filter((pod) => !leaves(pod)).reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
  const order = living
    .filter((pod) => !leaves(pod))
    .toSorted(
      (a, b) =>
        Number(a.jobs.length > 0) - Number(b.jobs.length > 0) ||
        b.priceAtMostMicroUsd - a.priceAtMostMicroUsd ||
        compare(a.name, b.name),
    );
  for (const pod of order) {
    if (perHour <= perHourMicroUsd) break;
    perHour -= pod.priceAtMostMicroUsd;
    reasons.set(
      pod.name,
      `the machines cost ${sayPrice(rented)} and the ceiling is ${sayPrice(perHourMicroUsd)}: this one takes no more work`,
    );
  }
  return reasons;
}

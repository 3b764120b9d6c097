import type { FleetFacts, FleetSupply, MicroUsd } from "@loramill/contracts";
import { sayPrice } from "./sentences.ts";
import { compare } from "./service-order.ts";

type Ceilings = Pick<FleetFacts, "perHourMicroUsd" | "perHourByProject">;

/**
 * Machines that have to go so that a ceiling by the hour, of the account or of a project, holds again: with the reason. One may have
 * been lowered after they were rented. Those without work first, then the dearest. None that is going already.
 */
export function podsOverCeiling(living: readonly FleetSupply[], ceilings: Ceilings): Map<string, string> {
  const reasons = new Map<string, string>();
  const { perHourMicroUsd, perHourByProject } = ceilings;
  for (const [project, limit] of Object.entries(perHourByProject).toSorted(([a], [b]) => compare(a, b))) {
    const own = living.filter(({ projects }) => projects.some((one) => one === project));
    letGo(own, { limit, of: " of its project" }, reasons);
  }
  if (perHourMicroUsd !== null) letGo(living, { limit: perHourMicroUsd, of: "" }, reasons);
  return reasons;
}

function letGo(
  pods: readonly FleetSupply[],
  { limit, of }: { readonly limit: MicroUsd; readonly of: string },
  reasons: Map<string, string>,
): void {
  const rented = sumOf(pods);
  const staying = pods.filter(({ name, state }) => state !== "draining" && state !== "ending" && !reasons.has(name));
  let perHour = sumOf(staying);
  const order = staying.toSorted(
    (a, b) =>
      Number(a.jobs.length > 0) - Number(b.jobs.length > 0) ||
      b.priceAtMostMicroUsd - a.priceAtMostMicroUsd ||
      compare(a.name, b.name),
  );
  for (const pod of order) {
    if (perHour <= limit) break;
    perHour -= pod.priceAtMostMicroUsd;
    reasons.set(
      pod.name,
      `the machines cost ${sayPrice(rented)} and the ceiling${of} is ${sayPrice(limit)}: this one takes no more work`,
    );
  }
}

const sumOf = (pods: readonly FleetSupply[]): number => pods.reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);

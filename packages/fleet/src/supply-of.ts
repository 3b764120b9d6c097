import { type FleetOffer, type FleetSupply, type Pod, podPrice, trainingsAtOnce } from "@loramill/contracts";

/** What its row does not tell of a machine. */
export type BesidePod = Pick<FleetSupply, "projects" | "jobs"> &
  Partial<Pick<FleetSupply, "mayReturn" | "idleWithNextMs">>;

/** States in which a machine takes work, or will. */
export const TAKES_WORK: ReadonlySet<string> = new Set<Pod["state"]>(["wanted", "booting", "ready"]);

/**
 * A machine as plans and quotes see it. Null for one that has nothing to be rented, and for one that is gone: until its last bill is
 * there it takes no room.
 */
export function supplyOf(pod: Pod, beside: BesidePod): FleetSupply | null {
  const { name, provider, state, wantedFor, health, createdAt, rentedAt, answeredAt, busyAt } = pod;
  const offer = pod.offer ?? pod.candidates[0];
  if (offer === undefined || pod.endedAt !== null) return null;
  return {
    ...{ name, provider, state, offer, wantedFor, createdAt, rentedAt, answeredAt, busyAt },
    priceAtMostMicroUsd: podPrice(pod),
    slots: trainingsAtOnce({ offer, health }),
    holds: health?.holds ?? [],
    ...(health === null ? {} : { trainers: health.trainers }),
    ...beside,
  };
}

/** An offer whose images have what machines that ran them said that they have (`told`, by image), whatever they were to have. */
export function withTold(offer: FleetOffer, told: ReadonlyMap<string, readonly string[]>): FleetOffer {
  if (offer.images === undefined) return offer;
  const images = offer.images.map(({ image, trainers }) => ({ image, trainers: told.get(image) ?? trainers }));
  return { ...offer, images };
}

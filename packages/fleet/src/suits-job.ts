import type { FleetDemand, FleetOffer } from "@loramill/contracts";

/** Whether a job may go to machines of this provider and region, whatever they are and cost. */
export function suitsPlacement(
  { provider, region }: Pick<FleetOffer, "provider" | "region">,
  { providers, regions }: Pick<FleetDemand, "providers" | "regions">,
): boolean {
  return (providers.length === 0 || providers.includes(provider)) && (regions.length === 0 || regions.includes(region));
}

/** Whether a machine of an offer would have the trainer of a job; taken for granted where its images, or the job's trainer, are not known. */
export function canTrain({ images }: Pick<FleetOffer, "images">, { trainer }: Pick<FleetDemand, "trainer">): boolean {
  return trainer === undefined || images === undefined || images.some(({ trainers }) => trainers.includes(trainer));
}

/** The offer with those of its images that have the trainer of a job: the machine runs one, and does what that can. */
export function withTrainer<T extends Pick<FleetOffer, "images">>(offer: T, { trainer }: FleetDemand): T {
  if (trainer === undefined || offer.images === undefined || offer.images.length < 2) return offer;
  return { ...offer, images: offer.images.filter(({ trainers }) => trainers.includes(trainer)) };
}

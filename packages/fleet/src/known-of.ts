import type { Digest, FleetFacts, FleetOffer } from "@loramill/contracts";
import type { FleetSettings } from "./fleet-settings.ts";
import type { Lane } from "./lane.ts";
import { offerOdds } from "./offer-odds.ts";

/** What the facts tell of machines of an offer. */
export function knownOf(
  offer: FleetOffer,
  { records, volumes = [] }: Pick<FleetFacts, "records" | "volumes">,
  settings: FleetSettings,
): Pick<Lane, "odds" | "onVolume"> {
  const near = volumes.filter(({ provider, region }) => provider === offer.provider && region === offer.region);
  return { odds: offerOdds(offer, records, settings), onVolume: new Set<Digest>(near.flatMap(({ holds }) => holds)) };
}

import { type Clock, type MachineOffer, PermanentError, TransientError } from "@loramill/contracts";
import type { SpotLane } from "./spot-lane.ts";

/**
 * For how long prices count that cannot be read again. One lost answer is no reason to rent on demand what is offered at half the
 * price a minute later; a bid that is too low by then is refused, and the next offer asked.
 */
const KEPT_MS = 300_000;

/** Spot machines in the data centres in which something is sold on demand: the lane names none by itself. */
export type SpotOffers = (onDemand: readonly MachineOffer[], signal?: AbortSignal) => Promise<readonly MachineOffer[]>;

/** Without the lane there are none. `onLost` hears of it when there are none any more because they could not be read. */
export function openSpotOffers(
  lane: SpotLane | null,
  {
    clouds,
    clock,
    onLost,
  }: {
    readonly clouds: readonly string[];
    readonly clock: Clock;
    readonly onLost?: ((error: Error) => void) | undefined;
  },
): SpotOffers {
  let last: { readonly offers: readonly MachineOffer[]; readonly atMs: number } | null = null;

  return async (onDemand, signal) => {
    if (lane === null) return [];
    const regions = [...new Set(onDemand.map(({ region }) => region))].filter((region) => region !== "");
    const nowMs = clock.now().getTime();
    try {
      const offers = await lane.offers({ clouds, regions }, signal);
      last = { offers, atMs: nowMs };
      return offers;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof TransientError || error instanceof PermanentError)) throw error;
      if (error instanceof TransientError && last !== null && nowMs - last.atMs < KEPT_MS) return last.offers;
      last = null;
      onLost?.(error);
      return [];
    }
  };
}

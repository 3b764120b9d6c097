import { notePrice, pricesOf, recordKey } from "@loramill/fleet";
import { nowOf, PROVIDER, type WorldState } from "./world-state.ts";

export const SURVEY_MS = 3_600_000;

/** What the survey of the provisioner does, once in an hour here: it remembers what offers cost. */
export async function surveyMarket(world: WorldState): Promise<void> {
  if (nowOf(world) - world.surveyedMs < SURVEY_MS) return;
  const { provider, clock, pasts, prices } = world;
  world.surveyedMs = Math.floor(nowOf(world) / SURVEY_MS) * SURVEY_MS;
  for (const one of await provider.offers()) {
    const offer = { ...one, provider: PROVIDER };
    const key = recordKey(offer);
    const past = notePrice(pasts.get(key) ?? [], offer, clock.now());
    pasts.set(key, past);
    prices.set(key, pricesOf(past, clock.now()));
  }
}

import type { LearningSettings } from "./learning-settings.ts";
import type { RatingEvent } from "./rating.ts";

const DAY_MS = 86_400_000;

/**
 * How much a rating counts before anybody looks at who sent it, 0 to 1: the share of a burst, and half of it for each
 * half-life that has passed until `now`. Without a half-life ratings do not age.
 */
export function influenceOf(
  events: readonly RatingEvent[],
  { now, halfLifeDays, ratingsADay }: { readonly now: number } & Pick<LearningSettings, "halfLifeDays" | "ratingsADay">,
): number[] {
  const keys = events.map(sittingOf);
  const sizes = countsOf(keys);
  return events.map((event, at) => {
    const burst = sizes.get(keys[at] ?? "") ?? 1;
    const age = halfLifeDays === null ? 1 : 0.5 ** (Math.max(0, now - event.at) / (halfLifeDays * DAY_MS));
    return Math.min(1, ratingsADay / burst) * age;
  });
}

/** Raters whose ratings of a day were cut, and how many ratings such days had at most. */
export function burstsOf(events: readonly RatingEvent[], ratingsADay: number): Map<string, number> {
  const keys = events.map(sittingOf);
  const sizes = countsOf(keys);
  const bursts = new Map<string, number>();
  for (const [at, { rater }] of events.entries()) {
    const size = sizes.get(keys[at] ?? "") ?? 0;
    if (size > ratingsADay) bursts.set(rater, Math.max(size, bursts.get(rater) ?? 0));
  }
  return bursts;
}

/** One person's ratings of the same LoRAs on one day (UTC). */
const sittingOf = ({ rater, at, choice }: RatingEvent): string =>
  [rater, Math.floor(at / DAY_MS), ...[...choice.loras].sort()].join("\n");

function countsOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

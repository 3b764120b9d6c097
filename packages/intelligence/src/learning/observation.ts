import type { Place } from "./beliefs.ts";
import { type RatingEvent, rewardOf } from "./rating.ts";
import type { Use } from "./thing-ratings.ts";

/** How a rating enters beliefs: the places it speaks of share its weight. */
export interface Observation {
  readonly event: RatingEvent;
  readonly places: readonly Place[];
  /** 0 to 1; see `influenceOf`. */
  readonly influence: number;
  readonly reward: number;
  /** What was drawn: difficulty is learned over it. */
  readonly context: string;
}

export const contextOf = (family: string, subject: string): string => `${family}\n${subject}`;

/** Ratings that speak of no place are left out. */
export function observe(
  events: readonly RatingEvent[],
  influence: readonly number[],
  placesOf: (event: RatingEvent) => readonly Place[],
): Observation[] {
  return events.flatMap((event, at) => {
    const places = placesOf(event);
    if (places.length === 0) return [];
    const context = contextOf(event.choice.family, event.choice.subject);
    return [{ event, places, influence: influence[at] ?? 0, reward: rewardOf(event.stars), context }];
  });
}

export const placeOf = (thing: string, { family, subject }: Use): Place => ({ thing, family, subject });

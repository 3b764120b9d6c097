import type { Digest } from "@loramill/contracts";

/** What a rated generation was drawn with, as far as taste may depend on it. */
export interface RatedChoice {
  /** Names in the library, whatever the version; empty where none was used. */
  readonly loras: readonly string[];
  /** Family of the base model, such as `sdxl`. */
  readonly family: string;
  /** Kind of subject in the prompt, as its analysis names it. */
  readonly subject: string;
  readonly steps: number;
  readonly guidance: number;
  /** Of each LoRA in `loras`, in their order; 0 to 2. */
  readonly strengths: readonly number[];
}

export type Stars = 1 | 2 | 3 | 4 | 5;

/**
 * What one person said of one generation. Everything that is learned is a fold over a list of these, oldest first, so that
 * leaving some out is the same as never having had them.
 */
export interface RatingEvent {
  /** Sorts by time among those of the same moment. */
  readonly id: string;
  /** Digest of everything that made the generation. */
  readonly manifest: Digest;
  readonly rater: string;
  readonly stars: Stars;
  readonly comment: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What it was sent with, such as an import or a campaign; what a roll-back names. */
  readonly batch: string | null;
  readonly choice: RatedChoice;
  /** Whether the choice was made without what was learned; null where a person chose. */
  readonly arm: Arm | null;
}

/** Who chose: what was learned, or for comparison the recommendation without it. */
export type Arm = "learned" | "holdout";

/** From how many stars a picture counts as liked. */
export const LIKED_FROM = 4;

/** Stars as a number that sums: 0 for one star, 1 for five. */
export const rewardOf = (stars: Stars): number => (stars - 1) / 4;

export const isLiked = (stars: Stars): boolean => stars >= LIKED_FROM;

/**
 * The ratings that count, oldest first: of one person's several ratings of a generation, the last. A rating that replaced
 * another gives its place back when it is rolled back.
 */
export function standingRatings(events: readonly RatingEvent[]): RatingEvent[] {
  const byTime = [...events].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const last = new Map<string, RatingEvent>();
  for (const event of byTime) {
    const key = `${event.rater}\n${event.manifest}`;
    last.delete(key);
    last.set(key, event);
  }
  return [...last.values()];
}

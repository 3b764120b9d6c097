import type { Path } from "./evidence-tree.ts";
import { type RatingEvent, rewardOf } from "./rating.ts";

/** How a rating enters a tree: the places it speaks of share its weight. */
export interface Observation {
  readonly event: RatingEvent;
  readonly paths: readonly Path[];
  /** 0 to 1; see `influenceOf`. */
  readonly influence: number;
  readonly reward: number;
  /** What was drawn: difficulty is learned over it. */
  readonly context: string;
}

export const contextOf = (family: string, subject: string): string => `${family}\n${subject}`;

/** Ratings that name none of a tree's places are left out. */
export function observe(
  events: readonly RatingEvent[],
  influence: readonly number[],
  pathsOf: (event: RatingEvent) => readonly Path[],
): Observation[] {
  return events.flatMap((event, at) => {
    const paths = pathsOf(event);
    if (paths.length === 0) return [];
    const context = contextOf(event.choice.family, event.choice.subject);
    return [{ event, paths, influence: influence[at] ?? 0, reward: rewardOf(event.stars), context }];
  });
}

/** LoRA, family, subject. */
export const loraPath = (lora: string, family: string, subject: string): Path => [lora, family, subject];

/**
 * The kinship of each level of the tree of LoRAs, in ratings. They say how far children usually stand from their parents, as
 * standard deviations of liking: LoRAs half a star from the average of all (0.12 of the reward), families a quarter of a
 * star from their LoRA, subjects 0.4 stars from that: m(1 - m) / (3·kinship + 1) is the square of it. Our own judgement;
 * docs/learning.md says how little the result depends on them.
 */
export const LORA_KINSHIP = [5, 20, 8] as const;

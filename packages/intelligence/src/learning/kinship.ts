/**
 * Rewards of different people for one thing vary by this (1.05 stars): the trivial predictor of the Netflix Prize has an RMSE
 * of 1.054 stars around a title's average.
 */
export const REWARD_VARIANCE = 0.069;

/** How far rewards usually lie apart, as standard deviations of the reward; a star is a quarter. All above 0. */
export interface Kinship {
  /** The average of all things from a neutral reward. */
  readonly all: number;
  /** A thing from the average of all. */
  readonly thing: number;
  /** A thing on one family from the same thing on others. */
  readonly family: number;
  /** A thing for one subject from the same thing for others, on whatever family. */
  readonly subject: number;
  /** What a thing has for one subject on one family alone. */
  readonly place: number;
}

/**
 * Of LoRAs, and of bands of parameters: LoRAs usually lie half a star from the average of all, families a quarter of a star
 * from their LoRA, subjects 0.4 stars. Our own judgement; docs/learning.md shows worlds that are different.
 */
export const KINSHIP: Kinship = { all: 0.15, thing: 0.12, family: 0.06, subject: 0.1, place: 0.03 };

import { drawNormal, type Random } from "../src/learning/draw-normal.ts";
import type { Stars } from "../src/learning/rating.ts";

/**
 * A hidden taste, for simulations. Liking is a number on the scale of a single rating's noise (standard deviation 1):
 * a LoRA's quality + its affinity to the subject + a deviation in the family + how hard the subject is. None of these
 * figures is a learner's: they were written down first, and docs/learning.md shows what others bring.
 */
export interface World {
  readonly loras: readonly string[];
  readonly families: readonly string[];
  readonly subjects: readonly string[];
  /** By LoRA; what a ranking by downloads sees. */
  readonly popularity: readonly number[];
  liking(lora: number, family: number, subject: number): number;
}

export interface WorldOptions {
  readonly loras: number;
  readonly families: number;
  readonly subjects: number;
  /** Standard deviations. */
  readonly quality: number;
  readonly affinity: number;
  readonly familyDeviation: number;
  readonly difficulty: number;
  /** Correlation of popularity with quality. */
  readonly popularityTells: number;
}

/**
 * Sixteen LoRAs, two families, five subjects: 160 combinations for 500 ratings. LoRAs differ by two thirds of a rating's
 * noise, and half as much again by subject. Popularity tells little: it follows age and covers more than quality.
 */
export const worldDefaults: WorldOptions = {
  loras: 16,
  families: 2,
  subjects: 5,
  quality: 0.65,
  affinity: 0.35,
  familyDeviation: 0.2,
  difficulty: 0.25,
  popularityTells: 0.2,
};

export function makeWorld(random: Random, options: WorldOptions = worldDefaults): World {
  const normals = (count: number, deviation: number) =>
    Array.from({ length: count }, () => deviation * drawNormal(random));
  const quality = normals(options.loras, options.quality);
  const affinity = normals(options.loras * options.subjects, options.affinity);
  const deviation = normals(options.loras * options.families, options.familyDeviation);
  const difficulty = normals(options.subjects, options.difficulty);
  const rest = Math.sqrt(1 - options.popularityTells ** 2);
  const popularity = quality.map(
    (value) => (options.popularityTells * value) / options.quality + rest * drawNormal(random),
  );
  const names = (word: string, count: number) => Array.from({ length: count }, (_, at) => `${word}-${at}`);
  return {
    loras: names("lora", options.loras),
    families: names("family", options.families),
    subjects: names("subject", options.subjects),
    popularity,
    liking: (lora, family, subject) =>
      (quality[lora] ?? 0) +
      (affinity[lora * options.subjects + subject] ?? 0) +
      (deviation[lora * options.families + family] ?? 0) +
      (difficulty[subject] ?? 0),
  };
}

/** Likings from which on a rating has 2, 3, 4 and 5 stars: an average LoRA has 3.4 of them, which is usual where people rate. */
const THRESHOLDS = [-1.7, -0.9, 0.1, 1.1] as const;
/** Raters differ in leniency by this standard deviation. */
export const LENIENCY = 0.4;

/** Stars of an honest person: liking, the person's leniency, and noise of standard deviation 1. */
export function rate(liking: number, leniency: number, random: Random): Stars {
  const felt = liking + leniency + drawNormal(random);
  return (1 + THRESHOLDS.filter((threshold) => felt > threshold).length) as Stars;
}

/** Expected reward over all honest people, 0 to 1. */
export function expectedReward(liking: number): number {
  const deviation = Math.sqrt(1 + LENIENCY ** 2);
  return THRESHOLDS.reduce((sum, threshold) => sum + normalShare((liking - threshold) / deviation), 0) / 4;
}

/** Share of a standard normal distribution below x, by Zelen and Severo (Abramowitz and Stegun 26.2.17), error < 7.5e-8. */
function normalShare(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x >= 0 ? 1 - tail : tail;
}

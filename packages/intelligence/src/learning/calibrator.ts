import type { Belief } from "./beliefs.ts";
import type { Forecast } from "./calibration.ts";
import { REWARD_VARIANCE } from "./kinship.ts";

/** A probability from a margin: the logistic function of `intercept + slope · margin`. */
export interface Calibrator {
  readonly intercept: number;
  readonly slope: number;
}

export interface Outcome {
  /** What was expected before the rating was known; see `marginOf`. */
  readonly margin: number;
  readonly liked: boolean;
  readonly weight: number;
}

/** Half way between the rewards of three and four stars. */
const LIKED_EDGE = 0.625;

/**
 * How many standard deviations of a rating the expected reward lies above where four stars begin. What is not known of the
 * reward makes the deviation larger, and so the probability more modest.
 */
export function marginOf({ mean, variance }: Pick<Belief, "mean" | "variance">, difficulty: number): number {
  return (mean + difficulty - LIKED_EDGE) / Math.sqrt(REWARD_VARIANCE + variance);
}

/** Before anything was rated: ratings are normal, and the logistic function with 1.7 follows the normal one within 0.01. */
export const uncalibrated: Calibrator = { intercept: 0, slope: 1.7 };

/**
 * How surely the first calibrator is believed, as standard deviations: about as surely as what 200 ratings say. Ratings are of
 * what was chosen, the best, so that a curve which follows them at once is wrong about the rest.
 */
const INTERCEPT_DEVIATION = 0.15;
const SLOPE_DEVIATION = 0.15;
const ITERATIONS = 8;

/**
 * Platt's scaling (1999) by Newton's method, held to the first calibrator by a normal prior: two numbers, because a few
 * hundred ratings are too few for isotonic regression (Niculescu-Mizil and Caruana 2005 want a thousand).
 */
export function fitCalibrator(outcomes: readonly Outcome[], prior: Calibrator = uncalibrated): Calibrator {
  let { intercept, slope } = prior;
  for (let i = 0; i < ITERATIONS; i += 1) {
    let gradIntercept = (intercept - prior.intercept) / INTERCEPT_DEVIATION ** 2;
    let gradSlope = (slope - prior.slope) / SLOPE_DEVIATION ** 2;
    let hIntercept = 1 / INTERCEPT_DEVIATION ** 2;
    let hSlope = 1 / SLOPE_DEVIATION ** 2;
    let hBoth = 0;
    for (const { margin: x, liked, weight } of outcomes) {
      const p = logistic(intercept + slope * x);
      const error = weight * (p - (liked ? 1 : 0));
      const spread = weight * p * (1 - p);
      gradIntercept += error;
      gradSlope += error * x;
      hIntercept += spread;
      hBoth += spread * x;
      hSlope += spread * x * x;
    }
    const determinant = hIntercept * hSlope - hBoth ** 2;
    intercept -= (hSlope * gradIntercept - hBoth * gradSlope) / determinant;
    slope -= (hIntercept * gradSlope - hBoth * gradIntercept) / determinant;
  }
  return { intercept, slope };
}

export const probabilityOf = ({ intercept, slope }: Calibrator, margin: number): number =>
  logistic(intercept + slope * margin);

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** Outcomes between two fits of `foretold`. */
const REFIT_EVERY = 25;

/** Each outcome with the probability that a calibrator fitted to earlier ones alone would have stated. */
export function foretold(outcomes: readonly Outcome[]): Forecast[] {
  let calibrator = uncalibrated;
  return outcomes.map(({ margin, liked }, at) => {
    if (at % REFIT_EVERY === 0) calibrator = fitCalibrator(outcomes.slice(0, at));
    return { probability: probabilityOf(calibrator, margin), happened: liked };
  });
}

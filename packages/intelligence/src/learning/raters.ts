import { type Belief, Beliefs } from "./beliefs.ts";
import { KINSHIP, REWARD_VARIANCE } from "./kinship.ts";
import type { Observation } from "./observation.ts";

/** What is made of one person's ratings. */
export interface RaterView {
  readonly rater: string;
  readonly ratings: number;
  /** How far this person's rewards lie above those of the others for the same things, shrunk; -1 to 1. */
  readonly leniency: number;
  /** Probability that this person's ratings go with what others think and not against it, 0 to 1. */
  readonly reliability: number;
}

/** What is known of ratings besides what was rated. */
export interface Adjustments {
  readonly raters: ReadonlyMap<string, RaterView>;
  /** By context: how far its rewards lie above the average, -1 to 1. */
  readonly difficulty: ReadonlyMap<string, number>;
}

export const noAdjustments: Adjustments = { raters: new Map(), difficulty: new Map() };

/** Share of raters that is expected to rate against what others think; our guess, which 20 ratings easily overrule. */
const EXPECTED_HOSTILE = 0.1;
const PRIOR_LOG_RATIO = Math.log((1 - EXPECTED_HOSTILE) / EXPECTED_HOSTILE);
/** Ratings that a person or context must have for its own offset to count half. */
const OFFSET_SHRINKAGE = 5;
/** Standard deviation of leniency, in reward: 0.4 stars; our judgement. */
const LENIENCY = 0.1;

/** The reward as the average person would have given it for an average subject. */
export function adjusted({ event, reward, context }: Observation, { raters, difficulty }: Adjustments): number {
  return Math.min(1, Math.max(0, reward - (raters.get(event.rater)?.leniency ?? 0) - (difficulty.get(context) ?? 0)));
}

/** What an observation weighs in ratings. */
export function weightOf({ event, influence }: Observation, { raters }: Adjustments): number {
  return influence * (raters.get(event.rater)?.reliability ?? 1);
}

/** Adds an observation to beliefs, or with -1 takes it away: its places share its weight evenly. */
export function enter(beliefs: Beliefs, observation: Observation, adjustments: Adjustments, sign: 1 | -1 = 1): void {
  const weight = (sign * weightOf(observation, adjustments)) / observation.places.length;
  const reward = adjusted(observation, adjustments);
  for (const place of observation.places) beliefs.add(place, weight, reward);
}

/** What is expected of an observation in the average context: the average over its places. */
export function expected(beliefs: Beliefs, { places }: Observation): Pick<Belief, "mean" | "variance"> {
  const each = places.map((place) => beliefs.believe(place));
  return {
    mean: each.reduce((sum, { mean }) => sum + mean, 0) / each.length,
    variance: each.reduce((sum, { variance }) => sum + variance, 0) / each.length,
  };
}

/**
 * One round of looking at everybody's ratings in the light of everybody else's. Leniency and difficulty are shrunken
 * averages of what is left over. Reliability weighs two hypotheses: the rewards lie around what the others think, or around
 * its mirror image (one star for five), as of somebody who praises what is bad. Under either the person may be lenient.
 */
export function judgeRaters(observations: readonly Observation[], before: Adjustments): Adjustments {
  const beliefs = new Beliefs(KINSHIP);
  for (const observation of observations) enter(beliefs, observation, before);

  const raters = new Map<string, RaterView>();
  const leftover = new Map<string, [value: number, weight: number][]>();
  for (const [rater, own] of Map.groupBy(observations, ({ event }) => event.rater)) {
    for (const each of own) enter(beliefs, each, before, -1);
    const residuals: [value: number, weight: number][] = [];
    const oldLeniency = before.raters.get(rater)?.leniency ?? 0;
    const honest = new Agreement();
    const mirrored = new Agreement();
    for (const each of own) {
      const { mean, variance } = expected(beliefs, each);
      const difficulty = before.difficulty.get(each.context) ?? 0;
      const others = mean + difficulty;
      const weight = each.influence / (REWARD_VARIANCE + variance);
      honest.add(each.reward - others, weight);
      mirrored.add(each.reward - (1 - others), weight);
      residuals.push([each.reward - others, each.influence]);
      const rest = leftover.get(each.context) ?? [];
      rest.push([each.reward - oldLeniency - mean, weightOf(each, before)]);
      leftover.set(each.context, rest);
    }
    const logRatio = PRIOR_LOG_RATIO + honest.logLikelihood() - mirrored.logLikelihood();
    for (const each of own) enter(beliefs, each, before);
    const reliability = 1 / (1 + Math.exp(-logRatio));
    raters.set(rater, { rater, ratings: own.length, leniency: shrunkenMean(residuals), reliability });
  }
  const difficulty = new Map([...leftover].map(([context, rest]) => [context, shrunkenMean(rest)]));
  return centred({ raters, difficulty }, observations);
}

/** Offsets whose average over all observations is none: what all have in common is no one's leniency. */
function centred({ raters, difficulty }: Adjustments, observations: readonly Observation[]): Adjustments {
  const mean = (offset: (each: Observation) => number) =>
    weightedMean(observations.map((each) => [offset(each), each.influence]));
  const lenient = mean(({ event }) => raters.get(event.rater)?.leniency ?? 0);
  const difficult = mean(({ context }) => difficulty.get(context) ?? 0);
  return {
    raters: new Map([...raters].map(([key, view]) => [key, { ...view, leniency: view.leniency - lenient }])),
    difficulty: new Map([...difficulty].map(([key, offset]) => [key, offset - difficult])),
  };
}

function weightedMean(values: readonly (readonly [value: number, weight: number])[]): number {
  const total = values.reduce((sum, [, weight]) => sum + weight, 0);
  return total === 0 ? 0.5 : values.reduce((sum, [value, weight]) => sum + value * weight, 0) / total;
}

function shrunkenMean(values: readonly (readonly [value: number, weight: number])[]): number {
  const total = values.reduce((sum, [, weight]) => sum + weight, 0);
  return values.reduce((sum, [value, weight]) => sum + value * weight, 0) / (total + OFFSET_SHRINKAGE);
}

/** How well a person's rewards agree with what was expected, whatever the person's leniency. */
class Agreement {
  #precision = 1 / LENIENCY ** 2;
  #pull = 0;
  #squares = 0;

  /** `off`: reward minus what was expected; `weight`: 1 / its variance. */
  add(off: number, weight: number): void {
    this.#precision += weight;
    this.#pull += weight * off;
    this.#squares += weight * off ** 2;
  }

  /** Logarithm of the likelihood, up to what is the same for equal weights: leniency is integrated out. */
  logLikelihood(): number {
    return (this.#pull ** 2 / this.#precision - this.#squares) / 2;
  }
}

import { type Factor, factorise, solve, solveLower } from "./cholesky.ts";
import { type Kinship, REWARD_VARIANCE } from "./kinship.ts";

/** Where a thing was used: the family of the base model, and the kind of subject. */
export interface Use {
  readonly family: string;
  readonly subject: string;
}

/** What a thing's ratings say of the average of all things: a normal message, as precision and precision times mean. */
interface Message {
  readonly precision: number;
  readonly pull: number;
}

/** What is known of one use, given the average of all things. */
interface Known {
  /** Expected reward = `own` + `share` · average of all. */
  readonly own: number;
  /** How much of the expectation is still the average of all; 1 without ratings, near 0 with many. */
  readonly share: number;
  /** Of the expectation, as if the average were known. */
  readonly variance: number;
  /** Ratings of this very use that would tell as much. */
  readonly observations: number;
}

interface Rated extends Use {
  ratings: number;
  sum: number;
}

interface Solved extends Message {
  readonly rated: readonly Rated[];
  readonly factor: Factor;
  /** Inverse covariance times a vector of ones, and times the average rewards. */
  readonly ones: Float64Array;
  readonly rewards: Float64Array;
}

/** Less is left of a rating that was added and taken away again. */
const NOTHING = 1e-9;

/**
 * The ratings of one thing on all its uses, as one normal vector: two uses have in common what the thing has, and more of it
 * where the family or the subject is the same. A rating of one use therefore tells of all others, of each as much as they
 * have in common (Gaussian process regression, Rasmussen and Williams 2006, algorithm 2.1).
 */
export class ThingRatings {
  readonly #kinship: Kinship;
  readonly #uses = new Map<string, Rated>();
  #solved: Solved | null = null;

  constructor(kinship: Kinship) {
    this.#kinship = kinship;
  }

  add({ family, subject }: Use, weight: number, reward: number): void {
    const key = `${family}\n${subject}`;
    const use = this.#uses.get(key) ?? { family, subject, ratings: 0, sum: 0 };
    use.ratings += weight;
    use.sum += weight * reward;
    this.#uses.set(key, use);
    this.#solved = null;
  }

  message(): Message {
    return this.#solve();
  }

  know(use: Use): Known {
    const { rated, factor, ones, rewards } = this.#solve();
    const common = Float64Array.from(rated, (other) => this.#covariance(use, other));
    const told = solveLower(factor, common);
    const prior = this.#covariance(use, use);
    const variance = prior - dot(told, told);
    const observations = Math.max(0, REWARD_VARIANCE * (1 / variance - 1 / prior));
    return { own: dot(common, rewards), share: 1 - dot(common, ones), variance, observations };
  }

  #solve(): Solved {
    if (this.#solved !== null) return this.#solved;
    const rated = [...this.#uses.values()].filter(({ ratings }) => ratings > NOTHING);
    const factor = factorise(rated.length, (row, column) => {
      const [a, b] = [rated[row], rated[column]];
      if (a === undefined || b === undefined) throw new RangeError(`no use ${row}, ${column} of ${rated.length}`);
      return this.#covariance(a, b) + (a === b ? REWARD_VARIANCE / a.ratings : 0);
    });
    const ones = solve(factor, new Float64Array(rated.length).fill(1));
    const rewards = solve(
      factor,
      rated.map(({ sum, ratings }) => sum / ratings),
    );
    this.#solved = { rated, factor, ones, rewards, precision: total(ones), pull: total(rewards) };
    return this.#solved;
  }

  #covariance(a: Use, b: Use): number {
    const { thing, family, subject, place } = this.#kinship;
    const isSameFamily = a.family === b.family;
    const isSameSubject = a.subject === b.subject;
    return (
      thing ** 2 +
      (isSameFamily ? family ** 2 : 0) +
      (isSameSubject ? subject ** 2 : 0) +
      (isSameFamily && isSameSubject ? place ** 2 : 0)
    );
  }
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

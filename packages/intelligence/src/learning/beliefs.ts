import { drawNormal, type Random } from "./draw-normal.ts";
import type { Kinship } from "./kinship.ts";
import { ThingRatings, type Use } from "./thing-ratings.ts";

/** What a rating speaks of: a LoRA, or a band of a parameter, and where it was used. */
export interface Place extends Use {
  readonly thing: string;
}

/** What is believed of a place. */
export interface Belief {
  /** Expected reward, 0 to 1. */
  readonly mean: number;
  /** Of that expectation: how little is known. */
  readonly variance: number;
  /** Ratings at this very place that would tell as much of it as all ratings of its thing do; 0 where there are none. */
  readonly observations: number;
}

/** A draw from what is believed: the same place has the same value within one drawing. */
export type Drawing = (place: Place) => number;

/** Three stars: the average of all things before anything was rated. */
const NEUTRAL = 0.5;
/** Beliefs stay this far from a certainty. */
const EDGE = 0.01;

/**
 * Normal beliefs about things on their uses, in which relatives lend one another strength (partial pooling): what is rated
 * of a LoRA for one subject tells of the same subject on another family, of its other subjects, and a little of all LoRAs.
 * How much follows from `Kinship` alone, by exact inference.
 */
export class Beliefs {
  readonly #kinship: Kinship;
  readonly #things = new Map<string, ThingRatings>();
  readonly #none: ThingRatings;
  /** What has changed since its message was last heard. */
  readonly #changed = new Set<ThingRatings>();
  readonly #heard = new Map<ThingRatings, { readonly precision: number; readonly pull: number }>();
  #precision: number;
  #pull: number;

  constructor(kinship: Kinship) {
    this.#kinship = kinship;
    this.#none = new ThingRatings(kinship);
    this.#precision = 1 / kinship.all ** 2;
    this.#pull = NEUTRAL * this.#precision;
  }

  /** Adds a reward of 0 to 1 with a weight in ratings; a negative weight takes it away again. */
  add(place: Place, weight: number, reward: number): void {
    const thing = this.#things.get(place.thing) ?? new ThingRatings(this.#kinship);
    this.#things.set(place.thing, thing);
    thing.add(place, weight, reward);
    this.#changed.add(thing);
  }

  believe(place: Place): Belief {
    this.#hearChanged();
    const average = this.#pull / this.#precision;
    const { own, share, variance, observations } = (this.#things.get(place.thing) ?? this.#none).know(place);
    return {
      mean: Math.min(1 - EDGE, Math.max(EDGE, own + share * average)),
      variance: variance + share ** 2 / this.#precision,
      observations,
    };
  }

  /** One draw for each place that is asked for, around what is believed of it; see `LearningSettings` for daring. */
  draw(random: Random, daring: number): Drawing {
    const drawn = new Map<string, number>();
    return (place) => {
      const key = JSON.stringify([place.thing, place.family, place.subject]);
      const known = drawn.get(key);
      if (known !== undefined) return known;
      const { mean, variance } = this.believe(place);
      const value = Math.min(1, Math.max(0, mean + daring * Math.sqrt(variance) * drawNormal(random)));
      drawn.set(key, value);
      return value;
    };
  }

  #hearChanged(): void {
    for (const thing of this.#changed) {
      const before = this.#heard.get(thing);
      const now = thing.message();
      this.#precision += now.precision - (before?.precision ?? 0);
      this.#pull += now.pull - (before?.pull ?? 0);
      this.#heard.set(thing, now);
    }
    this.#changed.clear();
  }
}

import { bandsOf } from "./bands.ts";
import { Beliefs, type Place } from "./beliefs.ts";
import { fitCalibrator, marginOf, type Outcome } from "./calibrator.ts";
import { influenceOf } from "./influence.ts";
import { KINSHIP } from "./kinship.ts";
import type { Learned } from "./learned.ts";
import { type LearningSettings, learningDefaults } from "./learning-settings.ts";
import { type Observation, observe, placeOf } from "./observation.ts";
import { type Adjustments, enter, expected, judgeRaters, noAdjustments, weightOf } from "./raters.ts";
import { isLiked, type RatingEvent, standingRatings } from "./rating.ts";

export interface LearningOptions extends Partial<LearningSettings> {
  /** Milliseconds since 1970; only what ages depends on it. */
  readonly now: number;
}

/** Looks at raters and contexts; they settle in two or three rounds. */
const ROUNDS = 3;

/** Folds ratings: leaving a batch out and folding again is rolling it back. */
export function learn(events: readonly RatingEvent[], { now, ...given }: LearningOptions): Learned {
  const settings = { ...learningDefaults, ...given };
  const ratings = standingRatings(events);
  const influence = influenceOf(ratings, { now, ...settings });
  const observations = observe(ratings, influence, lorasOf);
  let adjustments = noAdjustments;
  for (let round = 0; round < ROUNDS; round += 1) adjustments = judgeRaters(observations, adjustments);
  const loras = new Beliefs(KINSHIP);
  const outcomes = observations.map((observation) => {
    const outcome = outcomeOf(loras, observation, adjustments);
    enter(loras, observation, adjustments);
    return outcome;
  });
  const bands = new Beliefs(KINSHIP);
  for (const each of observe(ratings, influence, ({ choice }) => bandsOf(choice))) {
    // A band is no rival of the others: each parameter hears the whole rating.
    for (const place of each.places) enter(bands, { ...each, places: [place] }, adjustments);
  }
  return { loras, bands, adjustments, calibrator: fitCalibrator(outcomes), outcomes, ratings, settings };
}

/** What was expected of a rating by those before it, and what came: each is foretold without itself. */
function outcomeOf(beliefs: Beliefs, observation: Observation, adjustments: Adjustments): Outcome {
  const difficulty = adjustments.difficulty.get(observation.context) ?? 0;
  return {
    margin: marginOf(expected(beliefs, observation), difficulty),
    liked: isLiked(observation.event.stars),
    weight: weightOf(observation, adjustments),
  };
}

function lorasOf({ choice }: RatingEvent): Place[] {
  return [...new Set(choice.loras)].map((lora) => placeOf(lora, choice));
}

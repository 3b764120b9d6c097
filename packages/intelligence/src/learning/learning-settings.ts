/** What an operator may decide about learning. */
export interface LearningSettings {
  /** Days after which a rating counts half; null: ratings do not age. */
  readonly halfLifeDays: number | null;
  /** One person's ratings of the same LoRAs on one day that count in full; more of them share that weight. */
  readonly ratingsADay: number;
  /** Share of choices that is made without what was learned, 0 to 1. */
  readonly holdoutShare: number;
  /** How much of the deviation of a belief is drawn with when something is chosen: 0 tries nothing out, 1 is Thompson's rule. */
  readonly daring: number;
}

/**
 * Five ratings a day stand for a sitting with one LoRA; a script that sends a thousand is heard as five. Of daring: to try
 * less than Thompson's rule asks for loses less over a few hundred choices (Chapelle and Li, "An empirical evaluation of
 * Thompson sampling", 2011, with 0.5); in our simulation 0.1 to 0.3 do equally well and 0.5 loses a fifth more.
 */
export const learningDefaults: LearningSettings = {
  halfLifeDays: null,
  ratingsADay: 5,
  holdoutShare: 0.05,
  daring: 0.3,
};

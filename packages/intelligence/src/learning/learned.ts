import type { Beliefs } from "./beliefs.ts";
import type { Calibrator, Outcome } from "./calibrator.ts";
import type { LearningSettings } from "./learning-settings.ts";
import type { Adjustments } from "./raters.ts";
import type { RatingEvent } from "./rating.ts";

/** Everything that ratings say; nothing of it is kept that is not computed from them again. */
export interface Learned {
  /** What is believed of LoRAs. */
  readonly loras: Beliefs;
  /** What is believed of bands of parameters. */
  readonly bands: Beliefs;
  readonly adjustments: Adjustments;
  readonly calibrator: Calibrator;
  /** What was expected of each rating before it came, and what came; oldest first. */
  readonly outcomes: readonly Outcome[];
  /** Those that count, oldest first. */
  readonly ratings: readonly RatingEvent[];
  readonly settings: LearningSettings;
}

export {
  type BandedParameter,
  bandOf,
  believeBand,
  type DrawnParameters,
  drawBand,
  drawParameters,
} from "./learning/bands.ts";
export { type Calibration, calibrationOf, type Forecast, type ReliabilityBin } from "./learning/calibration.ts";
export { exportLearned, type LearningExport, ratingsCsv } from "./learning/export-ratings.ts";
export { type Learned, type LearningOptions, learn } from "./learning/learn.ts";
export { HOLDOUT_SHARE, learnedTaste, likelyLiked, tasteToChooseBy } from "./learning/learned-taste.ts";
export type { Lift } from "./learning/lift.ts";
export type { Arm, RatedChoice, RatingEvent, Stars } from "./learning/rating.ts";
export type { Suspect } from "./learning/suspects.ts";
export { noTaste, type Taste, type TasteContext, type TasteModel } from "./taste.ts";

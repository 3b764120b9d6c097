export { analyseWith } from "./analysis/analyse-with.ts";
export { type AnalystQuestion, analystQuestion } from "./analysis/analyst-question.ts";
export { analysePrompt } from "./analysis/prompt-rules.ts";
export { type Choice, type ChoiceFacts, choose } from "./choose/choose.ts";
export { decide } from "./choose/decide.ts";
export { profileNameOf } from "./choose/profile-of-spec.ts";
export { samplingOf } from "./choose/sampling-of.ts";
export { explainChoice } from "./explain/explain-choice.ts";
export { renderExplanation } from "./explain/render-explanation.ts";
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
export { type LearningOptions, learn } from "./learning/learn.ts";
export type { Learned } from "./learning/learned.ts";
export { learnedTaste, likelyLiked, tasteToChooseBy } from "./learning/learned-taste.ts";
export { type LearningSettings, learningDefaults } from "./learning/learning-settings.ts";
export type { Lift } from "./learning/lift.ts";
export type { Arm, RatedChoice, RatingEvent, Stars } from "./learning/rating.ts";
export type { Suspect } from "./learning/suspects.ts";
export type { PastGeneration } from "./parameters/past-generation.ts";
export { profiles } from "./parameters/profiles/index.ts";
export type { Profile } from "./parameters/profiles/profile.ts";
export type { Embedding, LoraFacts } from "./recommend/lora-facts.ts";
export {
  type Recommendation,
  type RecommendFacts,
  type RecommendRequest,
  recommend,
} from "./recommend/recommend.ts";
export { noTaste, type Taste, type TasteContext, type TasteModel } from "./taste.ts";

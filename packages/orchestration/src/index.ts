export { advanceRun } from "./advance-run.ts";
export { type BatchLimits, expandBatch } from "./batches/expand-batch.ts";
export { workKeys } from "./batches/work-keys.ts";
export { type BisectStep, type JudgedTrial, nextTrial, trialsFor } from "./bisect/next-trial.ts";
export {
  applyDifferences,
  type TrainingDifference,
  type TrainingFacts,
  trainingDifferences,
} from "./bisect/training-differences.ts";
export { gridOfLora, trialSpec } from "./bisect/trial-spec.ts";
export { describeDiff } from "./describe-diff.ts";
export {
  type Difference,
  diffPlans,
  type PlanDifference,
  type StepDifference,
  stepDifferences,
} from "./diff-plans.ts";
export { type ExpandedJob, expandStep, MAX_JOB_INPUT_BYTES, type StepInput } from "./expand-step.ts";
export { type EarlierStep, explainStep, explainWait, type StepFacts, type WaitFacts } from "./explain.ts";
export {
  type BlockedRun,
  type FairShareState,
  leastOf,
  type ProjectShare,
  type ReleaseCeiling,
  type ReleaseLimits,
  type Releases,
  type RunBudget,
  selectReleases,
  type WaitingJob,
} from "./fair-share.ts";
export { namedLoras } from "./named-loras.ts";
export { asksToChoose } from "./open-choices.ts";
export { type Plan, type PlanDocument, plan } from "./plan.ts";
export type {
  CaptionerChoice,
  ChoiceQuestion,
  FoundLora,
  GenerationChoice,
  PlanContext,
  PromptChoice,
  TrainingChoice,
} from "./plan-context.ts";
export { planReplay, type Replay, type ReplayedRun } from "./plan-replay.ts";
export { ASSUMED_IMAGES } from "./plan-train.ts";
export { type CachedOutput, type QuoteContext, quote, type RentalAnswer } from "./quote.ts";
export { holdAgainstQuote, type RunBill, rememberedQuote } from "./quote-outcome.ts";
export { type Installation, replayObstacles } from "./replay-obstacles.ts";
export { decideRetry, type RetryDecision, type RetryQuestion } from "./retry-policy.ts";
export type { BudgetSnapshot, JobTally, RunDecision, RunSnapshot, StepSnapshot } from "./run-snapshot.ts";
export { firstWithoutRoom, roomOf, sayLimit, sayUse } from "./spending-limits.ts";
export { stepKey } from "./step-key.ts";
export { isSaving, needToBegin, needToGoOn, type TrainingPace } from "./training-need.ts";

export {
  AgentCacheHealth,
  AgentCancel,
  AgentGrants,
  AgentHealth,
  AgentImage,
  AgentJob,
  AgentJobState,
  AgentManifest,
  AgentModelFile,
  AgentPoll,
  AgentProgress,
  AgentStart,
  AgentUpload,
  AgentWants,
  type AgentWriteGrant,
  MAX_HELD_DIGESTS,
  StoredFile,
  TrainerName,
} from "./agent-api.ts";
export {
  ArtifactList,
  ArtifactView,
  CostView,
  CreatedKey,
  DoctorAnswer,
  DoctorCheck,
  EventPage,
  Explanation,
  JobCounts,
  JobPage,
  JobStateName,
  JobView,
  KeyList,
  KeyRequest,
  KeyScope,
  KeyView,
  LedgerView,
  OfferedFile,
  PageQuery,
  Problem,
  page,
  RefusedItem,
  RunEvent,
  RunPage,
  RunStateName,
  RunSummary,
  RunView,
  StepStateName,
  StepView,
  UploadAnswer,
  UploadOffer,
  UploadOfferAnswer,
} from "./api.ts";
export { isArchiveName, withoutArchiveExtension } from "./archive-names.ts";
export {
  BatchFailure,
  BatchMember,
  BatchMemberPage,
  BatchPage,
  BatchPlan,
  BatchQuotePart,
  BatchResumeAnswer,
  BatchResumeRequest,
  BatchState,
  BatchSummary,
  BatchView,
  MemberQuote,
  MemberState,
  MembersQuery,
  PlannedMember,
} from "./batch-api.ts";
export { BatchFolder, BatchSpec, type BatchSpecInput } from "./batch-spec.ts";
export {
  BisectDifference,
  BisectGrid,
  BisectionPage,
  BisectionQuote,
  BisectionRequest,
  type BisectionRequestInput,
  BisectionView,
  BisectTrial,
  BisectVerdict,
  VerdictRequest,
} from "./bisect-api.ts";
export {
  BulkAction,
  BulkApplyRequest,
  BulkChange,
  BulkChangeRequest,
  BulkOutcome,
  BulkRun,
  BulkRunPage,
  MAX_BULK_RUNS,
  RunFilter,
  SkippedRun,
} from "./bulk-api.ts";
export { BundlePart, BundleQuery, ImportAnswer, ImportQuery, RunImport } from "./bundle-api.ts";
export { cacheLayout, lockNumber, userOf } from "./cache-layout.ts";
export { Caption, CaptionPart, CaptionVoice } from "./caption-documents.ts";
export { CaptionProvider, CaptionSpec, CaptionStyle } from "./caption-spec.ts";
export { CeilingBody, CeilingList, CeilingQuery, CeilingView, ResumeRequest } from "./ceiling-api.ts";
export {
  ChoiceExplanation,
  ChosenLora,
  ChosenParameters,
  Counterfactual,
  DrawingEstimate,
  LoraReason,
  PassedLora,
  SuggestedStrength,
} from "./choice.ts";
export {
  ChoiceConstraints,
  ChoiceEdit,
  type ChoiceEditInput,
  ChoiceMode,
  ChoiceRequest,
  type ChoiceRequestInput,
  GivenLora,
  GivenParameters,
  LoraPreferences,
  Offload,
  Priority,
  WeightPrecision,
} from "./choice-request.ts";
export { ComputeSpec, Placement } from "./compute-spec.ts";
export { type ConfigFragment, defineConfig, EndpointUrl, isLoopback, secret } from "./config.ts";
export { CostGrouping, CostQuery, CostReport, CostRow } from "./cost-api.ts";
export { costReportCsv } from "./cost-csv.ts";
export { formatCsv } from "./csv.ts";
export {
  CaptionHistory,
  CaptionPrompt,
  CaptionVersion,
  DatasetDiffView,
  DatasetImagePage,
  DatasetImagesQuery,
  DatasetImageView,
  DatasetLayout,
  DatasetListQuery,
  DatasetOverlap,
  DatasetOverlaps,
  DatasetPage,
  DatasetRemovalPage,
  DatasetRemovalView,
  DatasetSummary,
  DatasetView,
  DeriveRequest,
  type DeriveRequestInput,
  ExportQuery,
  OverlapQuery,
} from "./dataset-api.ts";
export {
  DatasetManifest,
  DatasetPart,
  DatasetStatistics,
  Drop,
  ExistingCaption,
  GateResult,
  PreparedImage,
  PreparedPart,
  Repeats,
  SourceItem,
  SourcePart,
} from "./dataset-documents.ts";
export {
  CleaningSettings,
  DatasetRef,
  DatasetSpec,
  GateSettings,
  PrepareSettings,
  Source,
  type SourceSpec,
} from "./dataset-spec.ts";
export { DiffAnswer, DiffRequest, type DiffSide, type DiffSideInput, StepDiff } from "./diff-api.ts";
export { canonicalJson, Digest, digestOf, type Json, JsonObject, sha256Hex } from "./digest.ts";
export { BlobRef, ITEMS_PER_PART, PartsDocument, Refusal } from "./document-parts.ts";
export {
  type BlobUse,
  type DocumentAt,
  type DocumentReferences,
  outputAt,
  type ReferencedBlob,
  referencesOf,
  referencesOfStep,
} from "./document-references.ts";
export {
  AppliedLora,
  ContactSheet,
  type DocumentKind,
  type DocumentOf,
  documentKinds,
  Generation,
  GenerationPart,
  LoraFallback,
  ModelDocument,
} from "./documents.ts";
export {
  type ErrorClass,
  type ErrorDetails,
  ErrorRecord,
  fromErrorRecord,
  hideValues,
  isRetryableStatus,
  PermanentError,
  type PolicyCode,
  redact,
  TransientError,
  toErrorRecord,
  UserError,
} from "./errors.ts";
export type { FieldInput } from "./field-input.ts";
export type { AgentPod } from "./fleet/agent-pod.ts";
export { type AgentTokens, agentToken } from "./fleet/agent-token.ts";
export { Ceiling, CeilingPeriod, CeilingScope, type CeilingUse } from "./fleet/ceiling.ts";
export {
  AuditList,
  AuditQuery,
  BillList,
  BillQuery,
  FleetPlanView,
  FleetQuery,
  FleetSwitches,
  FleetView,
  OfferList,
  OfferView,
  PlannedJob,
  PodBill,
  PodReason,
  PodView,
  StopFleet,
} from "./fleet/fleet-api.ts";
export type {
  FleetBacklog,
  FleetDecision,
  FleetDemand,
  FleetFacts,
  FleetSupply,
  FleetVolume,
  OfferRecord,
  PricePoint,
} from "./fleet/fleet-facts.ts";
export { agentVariables, fleetImages, fleetVariables } from "./fleet/fleet-variables.ts";
export { cheapestOf, type ListPrice, listPrices, listPriceVariables, readListPrices } from "./fleet/list-prices.ts";
export {
  FLEET_PROJECT,
  type FleetOffer,
  type Pod,
  type PodHealth,
  type PodState,
  podPrice,
  trainingsAtOnce,
} from "./fleet/pod.ts";
export { podToken } from "./fleet/pod-token.ts";
export { CreateVolume, GrowVolume, VolumeList, VolumeView } from "./fleet/volume-api.ts";
export { Choosing, DrawingLimits } from "./generate-choosing.ts";
export { GenerationGrid, GridAxis, GridChoices, GridPrompt } from "./generation/generation-grid.ts";
export {
  Area,
  ClipOutput,
  Control,
  GenerationFamily,
  GenerationModel,
  Hires,
  ImagePrompt,
  InputFile,
  LORA_STRENGTH_BUDGET,
  LoraUse,
  ModelFiles,
  PictureOutput,
  Region,
  Regions,
  Sampling,
  Seed,
  StrengthKeyframe,
} from "./generation/generation-parts.ts";
export {
  type DrawnSpec,
  type GenerationKind,
  GenerationSpec,
  type GenerationSpecInput,
  GenerationTemplate,
  inputFilesOf,
  isDrawn,
  lorasOf,
  makesClip,
  type SpecOf,
} from "./generation/generation-spec.ts";
export { axisCombinations, gridChoice, gridItem, gridSize, MAIN_LORA } from "./generation/grid-item.ts";
export { readLoraTags } from "./generation/lora-tags.ts";
export { mapInputFiles } from "./generation/map-input-files.ts";
export { sideStepOf } from "./generation/side-step.ts";
export { expandWildcards, hasChoices, UnknownWildcard } from "./generation/wildcards.ts";
export {
  GenerationId,
  GenerationPage,
  GenerationPreview,
  GenerationQuery,
  type GenerationQueryInput,
  GenerationSearch,
  GenerationSummary,
  GenerationView,
  previewPath,
} from "./generation-api.ts";
export {
  AttemptId,
  BatchId,
  BisectionId,
  BulkChangeId,
  FireId,
  type IdPrefix,
  JobId,
  MessageId,
  makeId,
  ProjectId,
  RunId,
  ScheduleId,
  StepId,
  WebhookId,
} from "./ids.ts";
export { ContentFacts, FoundFace, ImageHashes, QualityFacts } from "./image-facts.ts";
export {
  AnalystAnswer,
  ComplexityLevel,
  MAX_PROMPT_LENGTH,
  PromptAnalysis,
  PromptConflict,
  type PromptFinding,
  PromptWords,
} from "./intelligence.ts";
export {
  type GenerationRatingInput,
  GenerationRatingRequest,
  LearningQuery,
  LearningView,
  LoraSuggestions,
  PromptAnalysisAnswer,
  PromptAnalysisRequest,
  RatingExportQuery,
  RatingPage,
  RatingQuery,
  RatingSelection,
  type RatingSelectionInput,
  RatingsChanged,
  RatingView,
  Recommendation,
  RecommendationRequest,
  type RecommendationRequestInput,
} from "./intelligence-api.ts";
export { assembleDatasetJob } from "./jobs/assemble-dataset.ts";
export { CaptionEnsemble, captionImagesJob } from "./jobs/caption-images.ts";
export { checkLorasJob } from "./jobs/check-loras.ts";
export { defineJob, type JobDefinition, type JobPolicy, type QueueName, queueNames } from "./jobs/define-job.ts";
export { drawGridJob } from "./jobs/draw-grid.ts";
export { editLoraJob } from "./jobs/edit-lora.ts";
export { extractLoraJob } from "./jobs/extract-lora.ts";
export { generateImagesJob } from "./jobs/generate-images.ts";
export { type InputOf, type JobName, type JobNamesOf, type Jobs, jobs, type OutputOf } from "./jobs/index.ts";
export { indexSourceJob } from "./jobs/index-source.ts";
export { JobOutput } from "./jobs/job-output.ts";
export { mergeIntoModelJob } from "./jobs/merge-into-model.ts";
export { prepareImagesJob } from "./jobs/prepare-images.ts";
export { StoredLora, StoredModel } from "./jobs/stored-inputs.ts";
export { tendMachineJob } from "./jobs/tend-machine.ts";
export { trainLoraJob } from "./jobs/train-lora.ts";
export { verifyReplayJob } from "./jobs/verify-replay.ts";
export { knownFields, schemasAt } from "./known-fields.ts";
export {
  KnownLoras,
  KnownLorasRequest,
  LoraChange,
  type LoraChangeInput,
  LoraDownload,
  LoraHashes,
  LoraImported,
  LoraImportFields,
  type LoraImportInput,
  LoraLineage,
  LoraPage,
  LoraProjectQuery,
  LoraQuery,
  type LoraQueryInput,
  LoraRating,
  type LoraRatingInput,
  LoraRatingRequest,
  LoraSource,
  LoraSummary,
  LoraTag,
  LoraView,
  LoraWeights,
} from "./lora-api.ts";
export { LoraDocument, LoraFile, LoraMaking, LoraRole, LossPoint, TrainingSample } from "./lora-documents.ts";
export { LoraFamily } from "./lora-family.ts";
export {
  type HasLoraFiles,
  loraBytes,
  loraFileName,
  loraFiles,
  stepsOf,
  trainedRoles,
  withLoraFiles,
} from "./lora-files.ts";
export {
  LoraCompareRequest,
  LoraInspection,
  LoraInspectQuery,
  LoraValidateQuery,
  LoraValidateRequest,
} from "./lora-inspect-api.ts";
export { familyOfAll, networkOf } from "./lora-networks.ts";
export { LoraRef } from "./lora-ref.ts";
export { LoraCoverage, LoraFinding, LoraLikeness, LoraReport, LoraValidation } from "./lora-report.ts";
export {
  LoraCheck,
  LoraExtraction,
  LoraInput,
  LoraMergeMethod,
  LoraOperation,
  LoraRankRule,
  LoraSpec,
  ModelInput,
  ModelMerge,
} from "./lora-spec.ts";
export { loraVariables } from "./lora-variables.ts";
export { mapBounded } from "./map-bounded.ts";
export {
  ModelBody,
  type ModelBodyInput,
  ModelFile,
  ModelId,
  ModelLicence,
  ModelList,
  ModelPull,
  ModelSource,
  ModelVerification,
  ModelVerifyProgress,
  ModelView,
} from "./model-api.ts";
export { formatMicroUsd, formatRoughUsd, MicroUsd, microUsdFromUsd, usdForPrograms } from "./money.ts";
export { Name } from "./name.ts";
export { nearNames } from "./near-names.ts";
export {
  blobKey,
  checkpointPrefix,
  checkpointsOfJob,
  documentKey,
  logKey,
  logsOfJob,
  memoKey,
  nearIndexKey,
  previewKey,
  samplesOfJob,
  samplesPrefix,
} from "./object-keys.ts";
export type { PastTraining } from "./past-training.ts";
export { layOutPack, PACK_NAME, type PicturePack } from "./picture-pack.ts";
export { FanOut, isOfFleet, PlanLock, PlannedStep, StepKind } from "./plan-lock.ts";
export type { BackendSlots } from "./ports/backend-slots.ts";
export type {
  CaptionAnswer,
  Captioner,
  CaptionIntent,
  CaptionRequest,
  ImageTextEmbedder,
  TextModel,
} from "./ports/captioner.ts";
export type { ClipFacts, ClipFormat, ClipTools } from "./ports/clip-tools.ts";
export type { Clock } from "./ports/clock.ts";
export type {
  BookEntry,
  ComputeProvider,
  FleetMachine,
  FleetProvider,
  MachineBill,
  MachineImage,
  MachineOffer,
  MachineRequest,
  NetworkVolume,
  NetworkVolumes,
  RentedMachine,
} from "./ports/compute-provider.ts";
export type { Embedder } from "./ports/embedder.ts";
export type { FaceFinder } from "./ports/face-finder.ts";
export type {
  CollectedGenerations,
  GeneratedFile,
  GenerationBackend,
  GenerationCapabilities,
  GenerationRequest,
  GenerationRequestItem,
  GenerationStatus,
  PreviewedItem,
  SpecIssue,
} from "./ports/generation-backend.ts";
export { type JobContext, type Logger, Parked } from "./ports/job-context.ts";
export type {
  Claim,
  ClaimAnswer,
  Delivery,
  Heartbeat,
  HeartbeatVerdict,
  HoldRequest,
  JobLedger,
  RunEventInput,
  SettleAnswer,
  Settlement,
} from "./ports/job-ledger.ts";
export type { MachineIntent, MachineIntents, OrphanMachine } from "./ports/machine-intents.ts";
export type {
  BlobStore,
  Body,
  DocumentStore,
  GetOptions,
  MemoStore,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  StoredObject,
  Stores,
} from "./ports/object-store.ts";
export type {
  PocketEngine,
  PocketGeneration,
  PocketTrainingImage,
  PocketTrainingSettings,
  PocketTrainingState,
  RgbImage,
} from "./ports/pocket-engine.ts";
export type { PromptAnalyst, PromptTexts } from "./ports/prompt-analyst.ts";
export type { EndpointLimits, PermitGrant, PermitRequest, RateLimiter } from "./ports/rate-limiter.ts";
export {
  NO_CAPACITY,
  OFFER_FORBIDDEN,
  PAYMENT_REQUIRED,
  RATE_LIMITED,
  REQUEST_INVALID,
  REQUEST_REFUSED,
} from "./ports/refusal-codes.ts";
export type { Allowance, SpendingLimit } from "./ports/spending.ts";
export {
  type Availability,
  type BackendContext,
  CHECKPOINT_COMMIT_SECONDS,
  type CollectedTraining,
  type CommittedCheckpoint,
  type FieldSupport,
  type KnownModel,
  type PlacementSupport,
  type Range,
  type RecipeIssue,
  type RecipeSupport,
  type TrainingBackend,
  type TrainingCapabilities,
  type TrainingEstimate,
  type TrainingImage,
  type TrainingLimits,
  type TrainingMeter,
  type TrainingProgress,
  type TrainingRequest,
  type TrainingStatus,
} from "./ports/training-backend.ts";
export type { LargeSource, VolumeFiles } from "./ports/volume-files.ts";
export type { DeliveryOutcome, LeasedDelivery, WebhookOutbox } from "./ports/webhook-outbox.ts";
export { type FacetValue, type PromptFacet, promptFacets } from "./prompt-facets.ts";
export { QueueList, QueueView } from "./queue-api.ts";
export {
  PlanAnswer,
  Quote,
  QuoteOutcome,
  QuotePart,
  QuotePartName,
  QuoteStep,
  QuoteVerdict,
  RunQuote,
} from "./quote-api.ts";
export {
  describeField,
  inputOfField,
  neutralRecipe,
  Recipe,
  type RecipeField,
  RecipeFile,
  RecipeOverrides,
  RecipeTemplate,
  rangeOf,
  recipeFields,
  StoredRecipe,
} from "./recipe.ts";
export {
  EstimateCalibration,
  EstimateCalibrations,
  PresetList,
  PresetView,
  ProjectQuery,
  RecipeBody,
  type RecipeBodyInput,
  RecipeExplanation,
  RecipeExplanationRequest,
  type RecipeExplanationRequestInput,
  RecipeList,
  RecipeView,
} from "./recipe-api.ts";
export {
  type ExpertChanges,
  type ExpertPair,
  ModelFamily,
  type RegularisationSet,
  recipeGroups,
} from "./recipe-fields.ts";
export { CatalogRecord, Charge, SERVERLESS } from "./records.ts";
export {
  ReplayReport,
  ReplayRequest,
  type ReplayRequestInput,
  ReplayTolerance,
  type ReplayVerdict,
  StepComparison,
} from "./replay.ts";
export { readRateLimit, readRetryAfter } from "./retry-after.ts";
export { type RunEventType, runEvents } from "./run-events.ts";
export { GenerateSpec, RunPolicy, RunSpec, type RunSpecInput, TrainSpec } from "./run-spec.ts";
export { FireOrigin, OverlapPolicy, RunNameTemplate, Timing } from "./schedule.ts";
export {
  BackfillAnswer,
  type BackfillInput,
  BackfillRequest,
  FirePage,
  FireQuery,
  FireStateName,
  FireTimes,
  FireView,
  PauseRequest,
  ScheduleBody,
  type ScheduleBodyInput,
  ScheduleChange,
  type ScheduleChangeInput,
  SchedulePage,
  ScheduleQuery,
  ScheduleView,
  TimingPreview,
  type TimingPreviewInput,
} from "./schedule-api.ts";
export { type SpecProblem, specProblems } from "./spec-problems.ts";
export {
  type EventOf,
  type FireState,
  finalStates,
  isFinal,
  type JobState,
  type Machine,
  machines,
  nextState,
  type RunState,
  type StateOf,
  type StepState,
  statesAllowing,
} from "./states.ts";
export { text } from "./text.ts";
export { TrainingPage, TrainingQuery, type TrainingQueryInput, TrainingSummary } from "./training-api.ts";
export {
  CreatedWebhook,
  DeliveryDetail,
  DeliveryPage,
  DeliveryQuery,
  DeliveryState,
  DeliveryView,
  Redelivered,
  RedeliverRequest,
  RotateSecret,
  type RotateSecretInput,
  WebhookBody,
  type WebhookBodyInput,
  WebhookChange,
  WebhookList,
  WebhookQuery,
  WebhookView,
} from "./webhooks/webhook-api.ts";
export {
  type ToldEvent,
  type WebhookData,
  WebhookEventType,
  WebhookMessage,
  webhookEvents,
} from "./webhooks/webhook-events.ts";
export {
  checkWebhookSignature,
  newWebhookSecret,
  type SignedWebhook,
  signWebhook,
} from "./webhooks/webhook-signature.ts";

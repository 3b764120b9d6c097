export { type Catalog, type CatalogOptions, openCatalog } from "./catalog.ts";
export { catalogConfig } from "./config.ts";
export type { Candidate, ChosenJob, Outgoing, ReleaseBounds, SeenDelivery } from "./dispatch/deliveries.ts";
export { claimKey, type LiveStep, type QueueBacklog } from "./dispatch/results.ts";
export type { OpenRun, OpenStep, ReadyStep } from "./dispatch/snapshots.ts";
export type { Artifact, StepOutput } from "./dispatch/transitions.ts";
export { MOST_BILLS } from "./fleet/bills.ts";
export type { CeilingRef } from "./fleet/ceilings.ts";
export type { WantingTraining } from "./fleet/demand.ts";
export type { BatchLimit, CeilingLimit } from "./fleet/limits.ts";
export type { OfferHistory } from "./fleet/offer-records.ts";
export type { SeenOffer } from "./fleet/offers.ts";
export type { FleetPlan } from "./fleet/plans.ts";
export type { PodChange, PodFacts, WantedPod } from "./fleet/pods.ts";
export type { FleetSwitches } from "./fleet/switches.ts";
export type { Leadership } from "./leadership.ts";
export type { Subscription } from "./listen.ts";
export type { ApiKey } from "./queries/api-keys.ts";
export type { ArtifactRow } from "./queries/artifacts.ts";
export type { AuditEntry } from "./queries/audit.ts";
export type { BatchRef, NewBatch } from "./queries/batches.ts";
export type { Bisection } from "./queries/bisections.ts";
export type { ChangeRef } from "./queries/bulk-changes.ts";
export type { ImportToPublish, PublishedImport } from "./queries/bundles/publish-import.ts";
export type { EditedCaption, LibraryCaption } from "./queries/caption-history.ts";
export type { GenerationRating, RatingSelection } from "./queries/generation-ratings.ts";
export type { LibraryGeneration } from "./queries/generations.ts";
export type { IdempotencyAnswer } from "./queries/idempotency.ts";
export type { RetryAnswer } from "./queries/jobs.ts";
export { knownModels } from "./queries/known-models.ts";
export type {
  LibraryCheckpoint,
  LibraryDataset,
  LibraryImage,
} from "./queries/library.ts";
export { type LibraryLora, weightsOf } from "./queries/lora-rows.ts";
export type { BaseModel } from "./queries/models.ts";
export type { Page, PageRequest } from "./queries/paging.ts";
export type { MemberRef, WaitingMember } from "./queries/plan-members.ts";
export type { Project } from "./queries/projects.ts";
export type { QuarantineEntry } from "./queries/quarantine.ts";
export type { SavedRecipe } from "./queries/recipes.ts";
export type { RunRef } from "./queries/run-ref.ts";
export type { EndedBatch, OpenBatches } from "./queries/watch-batches.ts";
export type { Fire } from "./schedules/fires.ts";
export type { FireOutcome } from "./schedules/firing.ts";
export type { ClaimedFire } from "./schedules/planned-fires.ts";
export type { Schedule, ScheduleRef } from "./schedules/schedules.ts";

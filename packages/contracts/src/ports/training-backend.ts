import type { TrainerName } from "../agent-api.ts";
import type { Placement } from "../compute-spec.ts";
import type { Digest, Json, JsonObject } from "../digest.ts";
import type { BlobRef } from "../document-parts.ts";
import type { LoraFile, LossPoint, TrainingSample } from "../lora-documents.ts";
import type { Recipe, RecipeField } from "../recipe.ts";
import type { Charge } from "../records.ts";

export interface Availability {
  readonly available: boolean;
  /** What was found, or what to do: for `doctor` and for the notes of a plan. */
  readonly message: string;
}

export interface RecipeIssue {
  readonly field: RecipeField | "dataset";
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** Middle and pessimistic expectation. */
export interface Range {
  readonly p50: number;
  readonly p90: number;
}

export interface TrainingEstimate {
  readonly seconds: Range;
  readonly vramBytes: number;
  readonly costMicroUsd: Range;
}

/**
 * What a backend makes of one field of a recipe. `honoured`: any value (its own limits come from `validate`). `limited`:
 * the listed values. `translated`: done in another way, which the person is told. `no-effect`: makes no difference here
 * (it only saves time or memory), which the person is told. `refused`: nothing but the neutral value.
 */
export type FieldSupport =
  | { readonly kind: "honoured" }
  | { readonly kind: "limited"; readonly values: readonly Json[]; readonly because: string }
  | { readonly kind: "translated"; readonly to: string }
  | { readonly kind: "no-effect"; readonly because: string }
  | { readonly kind: "refused"; readonly because: string };

/** Every field has an entry, so that no backend can forget a new one. */
export type RecipeSupport = Readonly<Record<RecipeField, FieldSupport>>;

/** Where a backend can run a training; null where it cannot run in that mode at all. */
export interface PlacementSupport {
  readonly local: {
    /** Device names as in `compute.device`, without the number of a GPU. */
    readonly devices: readonly string[];
    readonly optimizations: readonly string[];
  } | null;
  readonly cloud: { readonly providers: readonly string[] } | null;
}

export interface TrainingCapabilities {
  readonly families: readonly Recipe["family"][];
  readonly recipe: RecipeSupport;
  readonly placement: PlacementSupport;
  /** Whether a lost training goes on from a committed checkpoint. */
  readonly resume: boolean;
  readonly cancel: boolean;
  readonly logs: boolean;
  /** Whether the remote machine must be able to reach the object store. */
  readonly needsReachableStore: boolean;
}

/** What bounds the trainings of one backend, over all workers. */
export interface TrainingLimits {
  /** Trainings under way at once; null where nothing but the workers bounds them. */
  readonly maxJobs: number | null;
  /** From submission; a training that takes longer is cancelled on the remote side. Null for as long as it takes. */
  readonly timeoutSeconds: number | null;
  /** For how long a training goes on costing when nobody looks at it any more; left out: to its end. */
  readonly unattendedSeconds?: number;
}

export interface TrainingImage {
  readonly image: BlobRef;
  readonly width: number;
  readonly height: number;
  readonly caption: string;
}

export interface TrainingRequest {
  /** Unique to the job; a backend that already runs a training of this marker adopts it. */
  readonly marker: string;
  /** What the plan saw of `version()`: what decides the result is to be what was planned. */
  readonly backendVersion: string;
  readonly name: string;
  readonly triggerWord: string | null;
  readonly recipe: Recipe;
  readonly images: readonly TrainingImage[];
  /** Pictures of the recipe's regularisation set; left out where it has none. */
  readonly regularisationImages?: readonly TrainingImage[];
  /** Where it was asked to run; left out: wherever the backend likes. */
  readonly placement?: Placement;
  /** Put into the LoRA file: lineage, dataset digest, run. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface TrainingProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number | null;
  readonly averageLoss: number | null;
  readonly stepsPerSecond: number | null;
  readonly etaSeconds: number | null;
  readonly imagesSeen: number;
  readonly paidSeconds: number;
}

export interface CommittedCheckpoint {
  readonly step: number;
  readonly imagesSeen: number;
  readonly paidSeconds: number;
  readonly objectPrefix: string;
  readonly loss: number | null;
}

/**
 * From the step of a checkpoint to its commit in the store, which is what makes it worth anything: until its files are whole,
 * and a few GB on the line of a small machine. Set aside by trainings, and by the fleet before it rents for one.
 */
export const CHECKPOINT_COMMIT_SECONDS = 120;

/** How a running training costs money, by the second. */
export interface TrainingMeter {
  readonly microUsdPerSecond: number;
  /** Used by now, and in no charge yet. */
  readonly unchargedMicroUsd: number;
}

export type TrainingStatus =
  | {
      readonly kind: "running";
      readonly progress: TrainingProgress;
      /** Left out where it costs nothing. */
      readonly meter?: TrainingMeter;
      /** Its work is done, and only what it cost is not known yet: it needs no machine any more. */
      readonly isSettling?: true;
      /** Step that it would go on from if it were stopped now; left out where that is not known. */
      readonly savedStep?: number;
      /** When to look again. */
      readonly pollMs: number;
      /** Checkpoints committed since the last look. */
      readonly checkpoints: readonly CommittedCheckpoint[];
      /** Pictures drawn since the last look; left out where the trainer draws none. */
      readonly samples?: readonly TrainingSample[];
      readonly charges: readonly Charge[];
    }
  | {
      readonly kind: "succeeded";
      readonly progress: TrainingProgress;
      readonly checkpoints: readonly CommittedCheckpoint[];
      readonly samples?: readonly TrainingSample[];
      readonly charges: readonly Charge[];
    }
  /** It ended without a LoRA, and may have cost something all the same. */
  | { readonly kind: "failed"; readonly error: Error; readonly charges: readonly Charge[] }
  | { readonly kind: "cancelled"; readonly charges?: readonly Charge[] }
  /** The remote side no longer knows it: submit again, from the newest committed checkpoint. */
  | { readonly kind: "lost"; readonly charges?: readonly Charge[] };

export interface CollectedTraining {
  /** The only file, or the first: `loraFiles` reads them all. */
  readonly weights: BlobRef;
  readonly tensorsSha256: Digest;
  /** Files of single experts; left out where one file is for the whole model. */
  readonly files?: readonly LoraFile[];
  readonly steps: number;
  readonly finalLoss: number | null;
  readonly curve: readonly LossPoint[];
  readonly computeSeconds: number;
  readonly resumedFromSteps: readonly number[];
  /** All pictures drawn on the way, by step and prompt; of a step that was done twice, those of the last time. */
  readonly samples?: readonly TrainingSample[];
  readonly deviations: readonly { readonly code: string; readonly message: string }[];
}

/** A base model that somebody wrote down: its files as paths inside the model, and what the store has of them. */
export interface KnownModel {
  readonly id: string;
  readonly family: Recipe["family"];
  readonly files: readonly {
    readonly path: string;
    /** Null until the file has been pulled. */
    readonly stored: { readonly sha256: Digest; readonly bytes: number } | null;
  }[];
}

export interface BackendContext {
  readonly job: string;
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: JsonObject) => void;
  readonly onLog: (line: string) => void;
}

/**
 * Where LoRAs are trained. `submit` starts, or adopts by marker what a lost answer left running; `poll` looks and, on
 * backends that compute in this process, drives the training forward for one short turn. Failures are thrown as the three
 * error classes with codes such as `out-of-memory`, `diverged`, `capacity`, `preempted`.
 */
export interface TrainingBackend {
  readonly name: string;
  readonly capabilities: TrainingCapabilities;
  readonly limits: TrainingLimits;
  /** GPU type of its own machines, as its estimates take it; left out where it has none, or many. */
  readonly gpu?: string;
  /** What decides results besides the recipe: part of the step's key. */
  version(): Promise<string>;
  /** Whether it can still train at a version that was planned with; left out, at its present one alone. */
  serves?(planned: string): boolean;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** `models`, where they are given, tell whether the files of the base model are there. */
  validate(recipe: Recipe, models?: readonly KnownModel[]): readonly RecipeIssue[];
  estimate(recipe: Recipe, dataset: { readonly images: number }): TrainingEstimate;
  /** The remote id of a training of this marker where the backend has one, under way or ended. */
  find(marker: string, context: BackendContext): Promise<string | null>;
  /**
   * `pod` names the rented machine that has it, where one has, and `trainer` what it is trained with there; `podMicroUsd` is what was on
   * its bill when it was given it.
   */
  submit(
    request: TrainingRequest,
    context: BackendContext,
  ): Promise<{
    readonly remoteId: string;
    readonly pod?: string;
    readonly podMicroUsd?: number;
    readonly trainer?: TrainerName;
  }>;
  poll(remoteId: string, request: TrainingRequest, context: BackendContext): Promise<TrainingStatus>;
  collect(remoteId: string, request: TrainingRequest, context: BackendContext): Promise<CollectedTraining>;
  /**
   * The LoRA of the newest checkpoint that a training committed before it was stopped; null when there is none. Left out by
   * backends whose checkpoints hold no LoRA.
   */
  collectCheckpoint?(request: TrainingRequest, context: BackendContext): Promise<CollectedTraining | null>;
  cancel(remoteId: string, context: BackendContext): Promise<"cancelled" | "already-ended" | "unknown">;
  close(): Promise<void>;
}

import type { JsonObject } from "../digest.ts";
import type { BlobRef, LossPoint } from "../documents.ts";
import type { Recipe } from "../recipe.ts";
import type { Charge } from "../records.ts";

export interface Availability {
  readonly available: boolean;
  /** What was found, or what to do: for `doctor` and for the notes of a plan. */
  readonly message: string;
}

export interface RecipeIssue {
  readonly field: keyof Recipe | "dataset";
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

export interface TrainingCapabilities {
  readonly families: readonly Recipe["family"][];
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

export type TrainingStatus =
  | {
      readonly kind: "running";
      readonly progress: TrainingProgress;
      /** When to look again. */
      readonly pollMs: number;
      /** Checkpoints committed since the last look. */
      readonly checkpoints: readonly CommittedCheckpoint[];
      readonly charges: readonly Charge[];
    }
  | {
      readonly kind: "succeeded";
      readonly progress: TrainingProgress;
      readonly checkpoints: readonly CommittedCheckpoint[];
      readonly charges: readonly Charge[];
    }
  /** It ended without a LoRA, and may have cost something all the same. */
  | { readonly kind: "failed"; readonly error: Error; readonly charges: readonly Charge[] }
  | { readonly kind: "cancelled" }
  /** The remote side no longer knows it: submit again, from the newest committed checkpoint. */
  | { readonly kind: "lost" };

export interface CollectedTraining {
  readonly weights: BlobRef;
  readonly tensorsSha256: string;
  readonly steps: number;
  readonly finalLoss: number | null;
  readonly curve: readonly LossPoint[];
  readonly computeSeconds: number;
  readonly resumedFromSteps: readonly number[];
  readonly deviations: readonly { readonly code: string; readonly message: string }[];
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
  /** What decides results besides the recipe: part of the step's key. */
  version(): Promise<string>;
  /** Whether it can still train at a version that was planned with; left out, at its present one alone. */
  serves?(planned: string): boolean;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  validate(recipe: Recipe): readonly RecipeIssue[];
  estimate(recipe: Recipe, dataset: { readonly images: number }): TrainingEstimate;
  /** The remote id of a training of this marker where the backend has one, under way or ended. */
  find(marker: string, context: BackendContext): Promise<string | null>;
  submit(request: TrainingRequest, context: BackendContext): Promise<{ readonly remoteId: string }>;
  poll(remoteId: string, request: TrainingRequest, context: BackendContext): Promise<TrainingStatus>;
  collect(remoteId: string, request: TrainingRequest, context: BackendContext): Promise<CollectedTraining>;
  cancel(remoteId: string, context: BackendContext): Promise<"cancelled" | "already-ended" | "unknown">;
  close(): Promise<void>;
}

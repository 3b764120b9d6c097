import type { Digest } from "../digest.ts";
import type { LossPoint } from "../lora-documents.ts";

/** RGB, 8 bit, rows from the top, `width * height * 3` bytes. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

export interface PocketTrainingImage extends RgbImage {
  readonly caption: string;
}

export interface PocketTrainingSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly warmupSteps: number;
  readonly scheduler: "constant" | "linear" | "cosine";
  readonly captionDropout: number;
  readonly horizontalFlip: boolean;
  readonly seed: number;
}

/**
 * A training at one step. `state` holds everything that the next step depends on (matrices, moments, the losses so far),
 * so that a training that stops at any step and goes on from here gives the same losses as one that never stopped.
 */
export interface PocketTrainingState {
  readonly step: number;
  readonly state: Uint8Array;
  readonly curve: readonly LossPoint[];
}

export interface PocketGeneration {
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidance: number;
  readonly width: number;
  readonly height: number;
  /** LoRA files (safetensors bytes) and strengths; stacked exactly by rank concatenation. */
  readonly loras: readonly { readonly weights: Uint8Array; readonly strength: number }[];
  /** Start from a picture instead of noise: `strength` 0 keeps it, 1 ignores it (SDEdit). */
  readonly from?: { readonly image: RgbImage; readonly strength: number };
}

/** The embedded engine: a tiny diffusion transformer that trains and samples on CPU, off the event loop. */
export interface PocketEngine {
  readonly model: { readonly id: string; readonly digest: Digest; readonly side: number; readonly sideStep: number };
  /** Trains from `from` (or from nothing) up to `untilStep`; answers early when the signal aborts, with what it has. */
  train(request: {
    readonly images: readonly PocketTrainingImage[];
    readonly settings: PocketTrainingSettings;
    readonly from: PocketTrainingState | null;
    readonly untilStep: number;
    readonly onStep?: (point: LossPoint) => void;
    readonly signal?: AbortSignal;
  }): Promise<PocketTrainingState>;
  /** The LoRA file (safetensors) of a training state, with metadata. */
  exportLora(state: PocketTrainingState, metadata: Readonly<Record<string, string>>): Promise<Uint8Array>;
  generate(request: PocketGeneration, signal?: AbortSignal): Promise<RgbImage>;
  close(): Promise<void>;
}

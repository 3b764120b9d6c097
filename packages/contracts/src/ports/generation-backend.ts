import type { BlobRef, LoraDocument } from "../documents.ts";
import type { Charge } from "../records.ts";
import type { Availability, BackendContext, Range } from "./training-backend.ts";

export interface GenerationRequestItem {
  /** Place in the grid. */
  readonly index: number;
  readonly prompt: string;
  readonly negativePrompt: string;
  readonly seed: number;
  readonly loras: readonly { readonly lora: LoraDocument; readonly strength: number }[];
}

export interface GenerationRequest {
  readonly marker: string;
  readonly items: readonly GenerationRequestItem[];
  readonly steps: number;
  readonly guidance: number;
  readonly width: number;
  readonly height: number;
}

/** A finished picture as raw pixels (RGB, 8 bit) or as an encoded file; metadata is embedded by the generator app. */
export interface GeneratedImage {
  readonly index: number;
  readonly image: BlobRef;
  readonly sampler: string;
  readonly baseModel: string;
  readonly seconds: number;
}

export type GenerationStatus =
  | {
      readonly kind: "running" | "succeeded";
      readonly done: number;
      readonly total: number;
      readonly pollMs: number;
      readonly charges: readonly Charge[];
    }
  | { readonly kind: "lost" }
  | { readonly kind: "cancelled" };

/** Where pictures are generated; the same life as a training backend. */
export interface GenerationBackend {
  readonly name: string;
  readonly capabilities: {
    readonly loraFamilies: readonly string[];
    readonly maxLoras: number;
    readonly maxSidePixels: number;
    /** Sides must be multiples of this. */
    readonly sideStep: number;
    /** Preferred number of images per job: short turns on slow machines. */
    readonly imagesPerJob: number;
    readonly needsReachableStore: boolean;
  };
  version(): Promise<string>;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** Problems of a request, each a sentence; empty when it can be honoured. */
  validate(request: Pick<GenerationRequest, "width" | "height" | "steps" | "guidance">): readonly string[];
  estimate(request: { images: number; steps: number; width: number; height: number }): {
    seconds: Range;
    costMicroUsd: Range;
  };
  submit(request: GenerationRequest, context: BackendContext): Promise<{ readonly remoteId: string }>;
  poll(remoteId: string, request: GenerationRequest, context: BackendContext): Promise<GenerationStatus>;
  collect(remoteId: string, request: GenerationRequest, context: BackendContext): Promise<readonly GeneratedImage[]>;
  cancel(remoteId: string, context: BackendContext): Promise<"cancelled" | "already-ended" | "unknown">;
  close(): Promise<void>;
}

import type { Digest } from "../digest.ts";
import type { BlobRef } from "../document-parts.ts";
import type { GenerationFamily } from "../generation/generation-parts.ts";
import type { GenerationKind, GenerationSpec } from "../generation/generation-spec.ts";
import type { LoraDocument } from "../lora-documents.ts";
import type { Charge } from "../records.ts";
import type { Availability, BackendContext, Range } from "./training-backend.ts";

/** One picture or clip to make, with all it refers to found. */
export interface GenerationRequestItem {
  /** Place in the grid. */
  readonly index: number;
  readonly spec: GenerationSpec;
  /** What the spec calls its LoRAs (`LoraUse.lora`) → the LoRA. */
  readonly loras: Readonly<Record<string, LoraDocument>>;
  /** What the spec calls its input files → where they are. */
  readonly inputs: Readonly<Record<string, BlobRef>>;
  /** Of `restyle-clip`, where the clip was taken apart already: the frames to draw anew, in order, instead of the clip. */
  readonly frames?: readonly BlobRef[];
  /** The `choice` document that says why LoRAs and parameters are what they are. */
  readonly choice?: Digest;
}

export interface GenerationRequest {
  /** Unique to the job; a backend that already works under this marker adopts it. */
  readonly marker: string;
  readonly items: readonly GenerationRequestItem[];
}

/** A finished picture or clip as an encoded file; metadata is embedded by the generator app. */
export interface GeneratedFile {
  readonly index: number;
  readonly file: BlobRef;
  readonly width: number;
  readonly height: number;
  /** Of a clip. */
  readonly frames?: number;
  readonly fps?: number;
  /** As the engine calls it; what was drawn with where the spec leaves it open. */
  readonly sampler: string;
  readonly steps: number;
  readonly guidance: number;
  readonly baseModel: string;
  readonly seconds: number;
  /** See `Generation` in documents.ts. */
  readonly pipeline?: string;
  readonly peakVramBytes?: number | null;
  readonly graph?: BlobRef;
}

export interface CollectedGenerations {
  readonly files: readonly GeneratedFile[];
  /** Items that will never be there, each with its reason; the others are kept. */
  readonly refused: readonly { readonly index: number; readonly code: string; readonly message: string }[];
}

/** An item that is being drawn, of which a look (JPEG or PNG) lies at `previewKey` of the job until it is finished. */
export interface PreviewedItem {
  readonly index: number;
  /** When it was seen. */
  readonly at: Date;
}

export type GenerationStatus =
  | {
      readonly kind: "running" | "succeeded";
      /** Items that ended, well or not. */
      readonly done: number;
      readonly total: number;
      readonly pollMs: number;
      readonly charges: readonly Charge[];
      /** Items of which there is a preview now; left out where the backend shows none. */
      readonly previews?: readonly PreviewedItem[];
    }
  /** It ended as a whole without its files, and may have cost something all the same. */
  | { readonly kind: "failed"; readonly error: Error; readonly charges: readonly Charge[] }
  | { readonly kind: "lost" }
  | { readonly kind: "cancelled"; readonly charges?: readonly Charge[] };

/** What is wrong with a spec: `field` is a path in it, such as `sampling.steps` or `controls.0.model`. */
export interface SpecIssue {
  readonly field: string;
  readonly severity: "error" | "warning";
  /** A sentence that says what to do. */
  readonly message: string;
}

export interface GenerationCapabilities {
  readonly kinds: readonly GenerationKind[];
  /** Families of base models it draws with. */
  readonly families: readonly GenerationFamily[];
  readonly loraFamilies: readonly string[];
  readonly maxLoras: number;
  readonly maxSidePixels: number;
  /** Sides must be multiples of this where `sideSteps` says nothing else; `sideStepOf` reads both. */
  readonly sideStep: number;
  /** What it is for single families, each variant for itself; left out: the same for all. */
  readonly sideSteps?: readonly {
    readonly family: GenerationFamily;
    readonly variant: string | null;
    readonly step: number;
  }[];
  /** Preferred number of items per job: short turns on slow machines. */
  readonly itemsPerJob: number;
  readonly needsReachableStore: boolean;
}

/** Where pictures and clips are generated; the same life as a training backend. */
export interface GenerationBackend {
  readonly name: string;
  readonly capabilities: GenerationCapabilities;
  version(): Promise<string>;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** What it cannot honour, or honours in another way, field by field; no error where it can be made. */
  validate(spec: GenerationSpec): readonly SpecIssue[];
  estimate(spec: GenerationSpec, items: number): { seconds: Range; costMicroUsd: Range };
  submit(request: GenerationRequest, context: BackendContext): Promise<{ readonly remoteId: string }>;
  poll(remoteId: string, request: GenerationRequest, context: BackendContext): Promise<GenerationStatus>;
  /** Once `poll` said `succeeded`; by index. */
  collect(remoteId: string, request: GenerationRequest, context: BackendContext): Promise<CollectedGenerations>;
  cancel(remoteId: string, context: BackendContext): Promise<"cancelled" | "already-ended" | "unknown">;
  close(): Promise<void>;
}

import { z } from "zod";
import { CaptionPart } from "./caption-documents.ts";
import { ChoiceExplanation } from "./choice.ts";
import { DatasetManifest, DatasetPart, PreparedPart, SourcePart } from "./dataset-documents.ts";
import { Digest } from "./digest.ts";
import { BlobRef, ITEMS_PER_PART, PartsDocument, Refusal } from "./document-parts.ts";
import { GenerationGrid, GridChoices } from "./generation/generation-grid.ts";
import { GenerationSpec } from "./generation/generation-spec.ts";
import { LoraDocument, LoraMaking } from "./lora-documents.ts";
import { LoraReport } from "./lora-report.ts";
import { ReplayReport } from "./replay.ts";

export const AppliedLora = z.object({
  name: z.string(),
  sha256: Digest,
  tensorsSha256: Digest,
  strength: z.number().min(0).max(2),
  /** Keys of it that the model takes, and how many it holds; left out where nobody looked. */
  loads: z.object({ keys: z.int().min(0), of: z.int().min(0) }).optional(),
});
export type AppliedLora = z.output<typeof AppliedLora>;

/** A LoRA that was asked for and left away, and what stands in for it. */
export const LoraFallback = z.object({
  lora: z.string(),
  code: z.string().max(64),
  reason: z.string().max(1000),
  /** What was added to the prompt instead. */
  enhancement: z.string().max(1000),
});
export type LoraFallback = z.output<typeof LoraFallback>;

/** A finished picture or clip, and how it was made. */
export const Generation = z.object({
  index: z.int(),
  /** The file: a picture, or a clip. */
  image: BlobRef,
  /** As it was drawn; a fallback may have added to it. */
  prompt: z.string(),
  negativePrompt: z.string(),
  seed: z.int(),
  steps: z.int(),
  guidance: z.number(),
  sampler: z.string(),
  width: z.int(),
  height: z.int(),
  loras: z.array(AppliedLora),
  baseModel: z.string(),
  backend: z.string(),
  seconds: z.number(),
  frames: z.int().optional(),
  fps: z.number().optional(),
  /** The request itself; absent in documents that were written before there was one. */
  spec: GenerationSpec.optional(),
  fallbacks: z.array(LoraFallback).max(16).optional(),
  /** Names of the engine's stages, such as `CheckpointLoaderSimple > KSampler > VAEDecode`. */
  pipeline: z.string().max(2000).optional(),
  /** As the server was seen to use at most; null where it does not tell. */
  peakVramBytes: z.number().nullable().optional(),
  /** The engine's own description of the work, such as ComfyUI's graph. */
  graph: BlobRef.optional(),
  /** The `choice` document that says why LoRAs and parameters are what they are. */
  choice: Digest.optional(),
});
export type Generation = z.output<typeof Generation>;
export const GenerationPart = z.object({
  generations: z.array(Generation).max(ITEMS_PER_PART),
  refused: z.array(Refusal),
});
export type GenerationPart = z.output<typeof GenerationPart>;

/** The pictures of a generate step on one sheet. */
export const ContactSheet = z.object({
  image: BlobRef,
  rows: z.int(),
  columns: z.int(),
  /** Pictures on it; fewer than `of` where they were too many for a sheet, or some were not made. */
  pictures: z.int(),
  of: z.int(),
});
export type ContactSheet = z.output<typeof ContactSheet>;

/** A checkpoint that was made here, and of what. */
export const ModelDocument = z.object({
  format: z.literal("loramill-model/1"),
  name: z.string(),
  weights: BlobRef,
  family: z.string(),
  made: LoraMaking,
  /** What was left out, each a sentence. */
  notes: z.array(z.string()),
});
export type ModelDocument = z.output<typeof ModelDocument>;

/**
 * The typed JSON documents that steps hand to one another: the folder under `documents/` and the schema that reads it
 * back. A list of any length is a document with `parts`, each part a document of at most `ITEMS_PER_PART` items, so that
 * no job reads more than it works on.
 */
export const documentKinds = {
  parts: PartsDocument,
  source: SourcePart,
  prepared: PreparedPart,
  dataset: DatasetManifest,
  "dataset-part": DatasetPart,
  captions: CaptionPart,
  lora: LoraDocument,
  "lora-report": LoraReport,
  model: ModelDocument,
  grid: GenerationGrid,
  choice: ChoiceExplanation,
  "grid-choices": GridChoices,
  generations: GenerationPart,
  "contact-sheet": ContactSheet,
  "replay-report": ReplayReport,
} as const satisfies Record<string, z.ZodType>;
export type DocumentKind = keyof typeof documentKinds;
export type DocumentOf<K extends DocumentKind> = z.output<(typeof documentKinds)[K]>;

import { z } from "zod";
import { ChoiceExplanation } from "./choice.ts";
import { Digest, JsonObject } from "./digest.ts";
import { GenerationGrid } from "./generation/generation-grid.ts";
import { GenerationSpec } from "./generation/generation-spec.ts";
import { LoraReport } from "./lora-report.ts";

/**
 * The typed JSON documents that steps hand to one another. A list of any length is a document with `parts`, each part
 * a document of at most `ITEMS_PER_PART` items, so that no job reads more than it works on.
 */
export const ITEMS_PER_PART = 64;

/** Bytes in the object store under `blobs/<sha256>`. */
export const BlobRef = z.object({ sha256: Digest, bytes: z.int().min(0), mediaType: z.string().max(128) });
export type BlobRef = z.output<typeof BlobRef>;

/** Any document that lists parts: a step's output, a dataset manifest. */
export const PartsDocument = z.looseObject({ parts: z.array(Digest).max(1_000_000) });
export type PartsDocument = z.output<typeof PartsDocument>;

/** A file or image that was not taken, with the reason in a code for programs and a sentence for people. */
export const Refusal = z.object({ path: z.string(), code: z.string().max(64), message: z.string().max(1000) });
export type Refusal = z.output<typeof Refusal>;

export const ExistingCaption = z.object({ text: z.string().max(8192), origin: z.string().max(256) });

/** How often an epoch shows a picture; 1 where nothing is said. */
export const Repeats = z.int().min(1).max(500);

export const SourceItem = z.object({
  /** Relative to the source's root, with forward slashes, prefixed by the source's label when there are several. */
  path: z.string().min(1).max(1024),
  blob: BlobRef,
  caption: ExistingCaption.optional(),
  repeats: Repeats.optional(),
});
export type SourceItem = z.output<typeof SourceItem>;
export const SourcePart = z.object({ items: z.array(SourceItem).max(ITEMS_PER_PART), refused: z.array(Refusal) });
export type SourcePart = z.output<typeof SourcePart>;

/**
 * Hashes as hex. `phash`: 64-bit DCT hash (imagededup variant), `phashMirrored` the same of the mirrored picture;
 * `layout`: mean colours of a 4x4 grid, three bytes each, which tell pictures apart that differ in colour alone.
 */
export const ImageHashes = z.object({
  pixels: Digest,
  phash: z.string().regex(/^[0-9a-f]{16}$/),
  phashMirrored: z.string().regex(/^[0-9a-f]{16}$/),
  dhash: z.string().regex(/^[0-9a-f]{16}$/),
  layout: z
    .string()
    .regex(/^[0-9a-f]{96}$/)
    .optional(),
  /** dHash of the mirrored picture. */
  dhashMirrored: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** PDQ, 256 bits, also of the mirrored picture, and its quality 0..100 (under 50 it says nothing). */
  pdq: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  pdqMirrored: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  pdqQuality: z.int().min(0).max(100).optional(),
  /** Grey 24x24 picture, a hex digit a cell, darkest 0 to brightest f; recognises a picture that was cropped a little. */
  signature: z
    .string()
    .regex(/^[0-9a-f]{576}$/)
    .optional(),
});
export type ImageHashes = z.output<typeof ImageHashes>;

export const QualityFacts = z.object({
  /** 0 (no edges at all) to 1 (crisp), normalised for resolution and contrast; see imaging/sharpness.ts. */
  sharpness: z.number().min(0).max(1),
  /** Mean and 5th..95th percentile spread of luma, 0..255. */
  brightness: z.number(),
  contrast: z.number(),
  /** Share of pixels at or below 2, at or above 253. */
  clippedShadows: z.number().min(0).max(1),
  clippedHighlights: z.number().min(0).max(1),
  /** Hasler and Süsstrunk's colourfulness. */
  colourfulness: z.number().min(0),
  /** Bits of the luma histogram, 0..8. */
  entropyBits: z.number().min(0),
  /** Luma 0..255 that 5 % of the pixels are darker than, and that 1 % are brighter than. */
  shadows: z.number().min(0).max(255).optional(),
  highlights: z.number().min(0).max(255).optional(),
  /**
   * How much fine detail there is for the size that is trained at: about 1 as a camera gives it, under 0.1 where a small
   * picture was enlarged; null where too little is seen to tell. See imaging/detail.ts.
   */
  detail: z.number().min(0).max(4).nullable().optional(),
});
export type QualityFacts = z.output<typeof QualityFacts>;

/** What the describing captioner knows of a picture without a model. */
export const ContentFacts = z.object({
  /** Up to five dominant colours, largest share first; `share` 0..1. */
  palette: z.array(z.object({ rgb: z.string().regex(/^#[0-9a-f]{6}$/), share: z.number() })).max(5),
  /** Name and share of the most common border colour; null when the border is mixed. */
  background: z.object({ rgb: z.string(), share: z.number() }).nullable(),
  /** From EXIF/IPTC/XMP: title, description, keywords, taken at, camera. Empty where there is none. */
  title: z.string().max(512).optional(),
  description: z.string().max(2048).optional(),
  keywords: z.array(z.string().max(128)).max(64).default([]),
  takenAt: z.string().max(64).optional(),
  camera: z.string().max(128).optional(),
});
export type ContentFacts = z.output<typeof ContentFacts>;

/** A human face: its box in pixels of a picture, and how sure it is one, 0..1. */
export const FoundFace = z.object({
  left: z.int().min(0),
  top: z.int().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  score: z.number().min(0).max(1),
});
export type FoundFace = z.output<typeof FoundFace>;

export const PreparedImage = z.object({
  path: z.string(),
  original: BlobRef,
  /** After EXIF orientation, in pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  format: z.string(),
  /** What was changed on the way to 8-bit sRGB without alpha, such as `alpha-on-white` or `cmyk`. */
  converted: z.array(z.string().max(32)).max(16).optional(),
  hashes: ImageHashes,
  quality: QualityFacts,
  content: ContentFacts,
  /** Plain bars around the picture (letterbox), in pixels of the oriented original; left out where there are none. */
  borders: z.object({ top: z.int(), right: z.int(), bottom: z.int(), left: z.int() }).optional(),
  /** In the oriented original, the surest first; left out where nobody looked for them. */
  faces: z.array(FoundFace).max(64).optional(),
  prepared: z.object({
    blob: BlobRef,
    width: z.int().positive(),
    height: z.int().positive(),
    /** Window of the oriented original that was kept, in its pixels. */
    crop: z.object({ left: z.int(), top: z.int(), width: z.int(), height: z.int() }),
    upscaled: z.boolean(),
  }),
  caption: ExistingCaption.optional(),
  repeats: Repeats.optional(),
});
export type PreparedImage = z.output<typeof PreparedImage>;
export const PreparedPart = z.object({ images: z.array(PreparedImage).max(ITEMS_PER_PART), refused: z.array(Refusal) });
export type PreparedPart = z.output<typeof PreparedPart>;

export const DatasetPart = z.object({ images: z.array(PreparedImage).max(ITEMS_PER_PART) });
export type DatasetPart = z.output<typeof DatasetPart>;

/** An image that was read well and left out all the same. `score` and `threshold` are in the unit of the check. */
export const Drop = z.object({
  path: z.string(),
  original: Digest,
  code: z.enum([
    "by-name",
    "leaked",
    "duplicate-exact",
    "duplicate-near",
    "too-small",
    "blurred",
    "upscaled",
    "dark",
    "bright",
    "low-contrast",
    "low-information",
    "odd-aspect",
    "odd-size",
    "borders",
    "colour-space",
    "alpha",
    "faces",
  ]),
  message: z.string(),
  score: z.number().optional(),
  threshold: z.number().optional(),
  /** Path of the image that was kept instead. */
  keptInstead: z.string().optional(),
});
export type Drop = z.output<typeof Drop>;

export const GateResult = z.object({
  gate: z.enum(["min-images", "caption-coverage", "no-captions"]),
  verdict: z.enum(["pass", "warn", "block"]),
  message: z.string(),
});
export type GateResult = z.output<typeof GateResult>;

export const DatasetStatistics = z.object({
  found: z.int(),
  kept: z.int(),
  refused: z.int(),
  dropped: z.record(z.string(), z.int()),
  captions: z.object({ existing: z.int(), coverage: z.number().min(0).max(1) }),
  /** "1024x768" → count, of the prepared pictures. */
  sizes: z.record(z.string(), z.int()),
  formats: z.record(z.string(), z.int()),
  originalBytes: z.int(),
  preparedBytes: z.int(),
  /** Pictures that an epoch shows: each as often as its repeats say. */
  shownPerEpoch: z.int().optional(),
  /** Prepared size, which is the bucket, → its pictures and how many an epoch shows of them. */
  buckets: z.record(z.string(), z.object({ images: z.int(), shown: z.int() })).optional(),
  /** Batch size → steps of an epoch, as trainers count that never mix sizes in a batch. */
  stepsPerEpoch: z.record(z.string(), z.int()).optional(),
  /** Groups of copies and look-alikes of which one was kept. */
  duplicateGroups: z.int().optional(),
  /** Different ones among the kept: files, decoded pixels, perceptual hashes. */
  unique: z.object({ files: z.int(), pixels: z.int(), phashes: z.int() }).optional(),
  /** Of the kept, 0 to 1; left out where none was kept. */
  sharpness: z.object({ mean: z.number(), p5: z.number(), median: z.number(), p95: z.number() }).optional(),
});
export type DatasetStatistics = z.output<typeof DatasetStatistics>;

/** The immutable manifest of a dataset version; its digest is the version's identity. */
export const DatasetManifest = z.object({
  format: z.literal("loramill-dataset/1"),
  name: z.string(),
  parts: z.array(Digest),
  statistics: DatasetStatistics,
  gates: z.array(GateResult),
  dropped: z.array(Drop),
  refused: z.array(Refusal),
  /** Identity of what a training would see, whatever the files are called; see datasets/content.ts. */
  content: Digest.optional(),
  /** The version that this one was derived from. */
  parent: Digest.optional(),
});
export type DatasetManifest = z.output<typeof DatasetManifest>;

/** What one captioner of several said, or why it said nothing. */
export const CaptionVoice = z.object({
  provider: z.string(),
  raw: z.string(),
  prompt: z.string().max(4096).optional(),
  microUsd: z.int().min(0).default(0),
  /** Code and message of the error that came instead of an answer. */
  failure: z.object({ code: z.string().max(64), message: z.string().max(1000) }).optional(),
});
export type CaptionVoice = z.output<typeof CaptionVoice>;

export const Caption = z.object({
  image: Digest,
  path: z.string(),
  text: z.string(),
  /** Id of the captioner (`describe/1`, `openai:model`), or `sidecar` for a caption that came with the picture. */
  provider: z.string(),
  /** What the captioner said before the clean-up. */
  raw: z.string(),
  /** The question that was asked beside the picture, where one was. */
  prompt: z.string().max(4096).optional(),
  /** What asking cost in this run: nothing when the answer was known. */
  microUsd: z.int().min(0).optional(),
  /** Every captioner's answer, where several were asked; `provider` names the one that was taken, or how they were combined. */
  voices: z.array(CaptionVoice).max(8).optional(),
});
export type Caption = z.output<typeof Caption>;
export const CaptionPart = z.object({ captions: z.array(Caption).max(ITEMS_PER_PART), refused: z.array(Refusal) });
export type CaptionPart = z.output<typeof CaptionPart>;

export const LossPoint = z.object({ step: z.int(), loss: z.number(), averageLoss: z.number() });
export type LossPoint = z.output<typeof LossPoint>;

/** How a LoRA was made that was not trained here. */
export const LoraMaking = z.object({
  /** Such as `merge`; `import` for a file of somebody else's. */
  operation: z.string().max(64),
  settings: JsonObject,
  from: z.array(
    z.object({
      name: z.string(),
      weights: Digest,
      document: Digest.nullable(),
      weight: z.number(),
      blocks: z.string().optional(),
    }),
  ),
});
export type LoraMaking = z.output<typeof LoraMaking>;

/** A picture that the trainer drew on the way, with its place in the recipe's list of prompts. */
export const TrainingSample = z.object({
  step: z.int().min(0),
  index: z.int().min(0),
  /** Null where the list has no such place. */
  prompt: z.string().nullable(),
  image: BlobRef,
});
export type TrainingSample = z.output<typeof TrainingSample>;

/** What one file of a LoRA changes: the whole model, or the expert for `high` or for `low` noise of a model that has two. */
export const LoraRole = z.enum(["both", "high", "low"]);
export type LoraRole = z.output<typeof LoraRole>;

/** One weights file of a LoRA. */
export const LoraFile = z.object({
  role: LoraRole,
  weights: BlobRef,
  /** SHA-256 over the tensor bytes alone (AutoV3): survives edits of the metadata. */
  tensorsSha256: Digest,
});
export type LoraFile = z.output<typeof LoraFile>;

/** A LoRA and how it came to be: by a training, whose fields are null otherwise, or as `made` says. */
export const LoraDocument = z.object({
  format: z.literal("loramill-lora/1"),
  name: z.string(),
  /** The only file, or the first: read both by `loraFiles`. */
  weights: BlobRef,
  /** SHA-256 over the tensor bytes alone (AutoV3): survives edits of the metadata. */
  tensorsSha256: Digest,
  /** Files of single experts, high noise first; left out where one file is for the whole model. */
  files: z.array(LoraFile).min(1).max(2).optional(),
  family: z.string(),
  baseModel: z.string(),
  triggerWord: z.string().nullable(),
  recipe: JsonObject.nullable(),
  dataset: Digest.nullable(),
  images: z.int().nullable(),
  steps: z.int().nullable(),
  finalLoss: z.number().nullable(),
  curve: z.array(LossPoint).max(10_000),
  computeSeconds: z.number(),
  resumedFromSteps: z.array(z.int()),
  deviations: z.array(z.object({ code: z.string(), message: z.string() })),
  backend: z.string(),
  /** By step, then by prompt. */
  samples: z.array(TrainingSample).max(10_000).default([]),
  made: LoraMaking.nullable().default(null),
});
export type LoraDocument = z.output<typeof LoraDocument>;

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

/** Document kinds: the folder under `documents/` and the schema that reads it back. */
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
  generations: GenerationPart,
  "contact-sheet": ContactSheet,
} as const satisfies Record<string, z.ZodType>;
export type DocumentKind = keyof typeof documentKinds;
export type DocumentOf<K extends DocumentKind> = z.output<(typeof documentKinds)[K]>;

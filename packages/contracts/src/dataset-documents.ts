import { z } from "zod";
import { Digest } from "./digest.ts";
import { BlobRef, ITEMS_PER_PART, Refusal } from "./document-parts.ts";
import { ContentFacts, FoundFace, ImageHashes, QualityFacts } from "./image-facts.ts";

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

import { z } from "zod";
import { Digest } from "./digest.ts";
import { RecipeOverrides } from "./recipe.ts";

const Name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u, "letters, digits, spaces, dots, dashes; at most 100 characters");

/** Where pictures come from. `path` is on the machine of the curator; `upload` is what the API stored for a client. */
export const Source = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("folder"),
    path: z
      .string()
      .min(1)
      .describe("Folder of pictures, read recursively; `image.txt` beside an image is its caption"),
  }),
  z.strictObject({
    type: z.literal("archive"),
    path: z.string().min(1).describe("A .zip, .tar, .tar.gz or .tgz of such a folder"),
  }),
  z.strictObject({
    type: z.literal("s3"),
    url: z
      .string()
      .regex(/^s3:\/\/[^/]+\/.*$/, "expected s3://bucket/prefix")
      .describe("Prefix in the configured object store's server"),
  }),
  z.strictObject({
    type: z.literal("upload"),
    listing: Digest.describe("Digest of the listing that the upload endpoint answered"),
  }),
]);
export type Source = z.output<typeof Source>;

const Action = z.enum(["drop", "warn", "keep"]);
const GateAction = z.enum(["block", "warn", "ignore"]);

export const PrepareSettings = z.strictObject({
  resolution: z
    .int()
    .min(32)
    .max(4096)
    .optional()
    .describe("Target size in pixels; default: the recipe's resolution, else 1024"),
  crop: z
    .enum(["attention", "centre", "none"])
    .default("attention")
    .describe("How a square is cut; `none` keeps the aspect in a bucket"),
  bucketStep: z.int().min(8).max(256).default(64).describe("Side granularity of aspect buckets (`crop: none`)"),
  upscale: z.boolean().default(true).describe("Whether pictures smaller than the target are enlarged"),
  format: z.enum(["png", "webp", "jpeg"]).default("png").describe("Encoding of the prepared pictures"),
});
export type PrepareSettings = z.output<typeof PrepareSettings>;

export const CleaningSettings = z.strictObject({
  exactDuplicates: Action.default("drop").describe("Same bytes or same decoded pixels"),
  nearDuplicates: Action.default("drop").describe(
    "Perceptual hashes within `nearDistance`, mirrored variants included",
  ),
  nearDistance: z.int().min(0).max(16).default(4).describe("Bits of 64 that near duplicates may differ in"),
  blurred: Action.default("drop").describe("Sharpness below `minSharpness`"),
  minSharpness: z.number().min(0).max(1).default(0.08).describe("0 no edges, 1 crisp"),
  tooSmall: Action.default("drop").describe("Shorter side below `minSidePixels`"),
  minSidePixels: z.int().min(1).max(8192).optional().describe("Default: half of the resolution, at least 32"),
  lowContrast: Action.default("warn").describe("Spread of luma below `minContrast`"),
  minContrast: z.number().min(0).max(255).default(16).describe("5th to 95th percentile of luma, 0..255"),
});
export type CleaningSettings = z.output<typeof CleaningSettings>;

export const GateSettings = z.strictObject({
  minImages: z.int().min(0).default(10).describe("Fewer kept images than this trip the gate"),
  onFewImages: GateAction.default("warn"),
  minCaptionCoverage: z.number().min(0).max(1).default(0.5).describe("Share of images with a caption of their own"),
  onLowCoverage: GateAction.default("warn"),
  onNoCaptions: GateAction.default("block").describe("A training would start and no image has or gets a caption"),
});
export type GateSettings = z.output<typeof GateSettings>;

export const DatasetSpec = z.strictObject({
  name: Name.optional().describe("Default: the run's name"),
  sources: z.array(Source).min(1).max(64),
  prepare: PrepareSettings.prefault({}),
  cleaning: CleaningSettings.prefault({}),
  gates: GateSettings.prefault({}),
});

export const CaptionStyle = z.strictObject({
  triggerWord: z.string().max(64).optional().describe("Put first in every caption"),
  className: z.string().max(64).optional().describe("What the subject is, such as `dog`"),
  template: z
    .string()
    .max(512)
    .default("a photo of {subject}")
    .describe("For `simple`: {subject}, {class}, {trigger}, {folder}, {file}"),
  existing: z
    .enum(["keep", "replace", "combine"])
    .default("keep")
    .describe("What happens to captions that came with the pictures"),
  maxWords: z.int().min(1).max(512).default(75).describe("Longer captions are cut at a word"),
  tags: z.array(z.string().max(64)).max(32).default([]).describe("Style tags added at the end"),
});
export type CaptionStyle = z.output<typeof CaptionStyle>;

export const CaptionSpec = CaptionStyle.extend({
  provider: z
    .enum(["auto", "simple", "describe", "openai"])
    .default("auto")
    .describe("`auto`: what is configured, in the order openai, describe"),
});
export type CaptionSpec = z.output<typeof CaptionSpec>;

export const TrainSpec = z.strictObject({
  name: Name.optional().describe("Name of the LoRA; default: the run's name"),
  backend: z
    .enum(["auto", "pocket"])
    .default("auto")
    .describe("Where it is trained; `auto`: the first available backend for the family"),
  preset: z.string().max(64).default("pocket").describe("Recipe preset that the fields below override"),
  recipe: RecipeOverrides.prefault({}),
});

export const GenerateSpec = z.strictObject({
  prompts: z.array(z.string().min(1).max(4000)).min(1).max(100_000),
  negativePrompt: z.string().max(4000).default(""),
  seeds: z
    .array(z.int().min(0).max(4_294_967_295))
    .min(1)
    .max(10_000)
    .optional()
    .describe("Default: `imagesPerPrompt` seeds from `baseSeed`"),
  imagesPerPrompt: z.int().min(1).max(10_000).default(1),
  baseSeed: z.int().min(0).max(4_294_967_295).default(1),
  strengths: z
    .array(z.number().min(0).max(2))
    .min(1)
    .max(32)
    .default([0.8])
    .describe("LoRA strengths; each gives a picture per prompt and seed; 0 is the base model"),
  steps: z.int().min(1).max(200).default(20),
  guidance: z.number().min(0).max(30).default(3),
  width: z.int().min(32).max(4096).optional().describe("Pixels; default: the recipe's resolution"),
  height: z.int().min(32).max(4096).optional(),
  lora: z
    .string()
    .max(256)
    .optional()
    .describe("Name or digest of a LoRA of the library; default: the one this run trains"),
  backend: z.enum(["auto", "pocket"]).default("auto"),
});
export type GenerateSpec = z.output<typeof GenerateSpec>;

export const RunPolicy = z.strictObject({
  onStepFailure: z
    .enum(["fail", "continue"])
    .default("fail")
    .describe("Whether steps that do not need the failed one still run"),
  failedItems: z.enum(["continue", "fail"]).default("continue").describe("Whether quarantined items fail their step"),
  maxFailedShare: z.number().min(0).max(1).default(0.5).describe("A step fails when a larger share of its jobs failed"),
  reuse: z.boolean().default(true).describe("Whether results of earlier runs with the same key are taken"),
});
export type RunPolicy = z.output<typeof RunPolicy>;

/** One request from start to end. Every default is written beside its field. */
export const RunSpec = z.strictObject({
  version: z.literal(1).default(1),
  name: Name.describe("Shown in lists and used for file names"),
  project: Name.default("default"),
  dataset: DatasetSpec.describe("Which pictures, and how they are cleaned and cut"),
  caption: CaptionSpec.optional().describe("Left out: only captions that came with the pictures are used"),
  train: TrainSpec.optional().describe("Left out: nothing is trained"),
  generate: GenerateSpec.optional().describe("Left out: nothing is generated"),
  budgetUsd: z.number().min(0).max(1_000_000).optional().describe("Hard limit of the run's cost in US dollars"),
  priority: z.int().min(0).max(9).default(5).describe("0 is served first; waiting jobs age towards 0"),
  policy: RunPolicy.prefault({}),
});
export type RunSpec = z.output<typeof RunSpec>;
export type RunSpecInput = z.input<typeof RunSpec>;

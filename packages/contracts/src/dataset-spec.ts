import { z } from "zod";
import { Digest } from "./digest.ts";
import { Name } from "./name.ts";

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

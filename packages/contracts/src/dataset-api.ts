import { z } from "zod";
import { PageQuery, page } from "./api.ts";
import { DatasetStatistics, GateResult, Repeats } from "./dataset-documents.ts";
import { DatasetRef } from "./dataset-spec.ts";
import { Digest } from "./digest.ts";
import { QualityFacts } from "./image-facts.ts";

/** The layouts that a dataset can be exported in. */
export const DatasetLayout = z.enum([
  "kohya",
  "ai-toolkit",
  "simpletuner",
  "musubi",
  "imagefolder",
  "webdataset",
  "replicate",
  "comfyui",
]);
export type DatasetLayout = z.output<typeof DatasetLayout>;

export const DatasetSummary = z.object({
  digest: Digest,
  name: z.string(),
  version: z.int(),
  images: z.int(),
  captioned: z.int().nullable().describe("Pictures with a caption; null where it was not counted"),
  bytes: z.int().nullable().describe("Of its prepared pictures; null where they were not counted"),
  run: z.string().nullable().describe("The run that made it; null for a version that was derived from another"),
  createdAt: z.iso.datetime(),
});
export type DatasetSummary = z.output<typeof DatasetSummary>;
export const DatasetPage = page(DatasetSummary);

export const DatasetListQuery = PageQuery.extend({
  name: z.string().optional(),
  project: z.string().max(64).optional().describe("Name of a project; keys of a project see their own alone"),
  newest: z.stringbool().default(false).describe("Only the newest version of each dataset"),
});

export const DatasetView = z.object({
  digest: Digest,
  name: z.string(),
  content: Digest.nullable().describe("Identity of what a training would see, whatever the files are called"),
  parent: Digest.nullable(),
  statistics: DatasetStatistics,
  gates: z.array(GateResult),
  dropped: z.int(),
  refused: z.int(),
});
export type DatasetView = z.output<typeof DatasetView>;

const Change = <Value extends z.ZodType>(value: Value) =>
  z.array(z.object({ path: z.string(), before: value, after: value }));

export const DatasetDiffView = z.object({
  before: Digest,
  after: Digest,
  same: z.int(),
  added: z.array(z.object({ path: z.string(), image: Digest })),
  removed: z.array(z.object({ path: z.string(), image: Digest })),
  moved: z.array(z.object({ from: z.string(), to: z.string(), image: Digest })),
  replaced: Change(Digest),
  recaptioned: Change(z.string().nullable()),
  reprepared: z.array(z.object({ path: z.string(), image: Digest })),
  reweighted: Change(z.int()),
});
export type DatasetDiffView = z.output<typeof DatasetDiffView>;

/** What is to be different in a new version; pictures are named by their path. */
export const DeriveRequest = z.strictObject({
  name: z.string().min(1).max(100).optional().describe("Default: the name of the version it is derived from"),
  drop: z.array(z.string()).max(1_000_000).default([]),
  captions: z.record(z.string(), z.string().max(8192).nullable()).default({}).describe("By path; null removes one"),
  repeats: z.record(z.string(), Repeats).default({}).describe("How often an epoch shows a picture, by path"),
  captionsOf: Digest.optional().describe("Output of a caption step, whose captions are taken first"),
  add: z
    .array(DatasetRef)
    .max(64)
    .default([])
    .describe("Versions, named as in a source, whose pictures are added; those known are skipped"),
});
export type DeriveRequest = z.output<typeof DeriveRequest>;
export type DeriveRequestInput = z.input<typeof DeriveRequest>;

/** One picture of a version, as lists show it. */
export const DatasetImageView = z.object({
  path: z.string(),
  image: Digest.describe("SHA-256 of the original"),
  prepared: Digest,
  width: z.int(),
  height: z.int(),
  caption: z.string().nullable(),
  captionOrigin: z.string().nullable().describe('File, table or captioner it came from; "edited" for one of a person'),
  repeats: z.int(),
  quality: QualityFacts,
  bytes: z.int().describe("Of the prepared picture"),
  original: z.object({ width: z.int(), height: z.int(), bytes: z.int(), format: z.string() }),
  faces: z.int().nullable().describe("How many were found; null where nobody looked for them"),
  url: z.string().nullable().describe("The prepared picture, for a while; null where `urls` was not asked for"),
  thumbnailUrl: z.string().nullable().describe("The same, at most 320 pixels wide and high; null until it is drawn"),
});
export type DatasetImageView = z.output<typeof DatasetImageView>;
export const DatasetImagePage = page(DatasetImageView);

export const DatasetImagesQuery = PageQuery.extend({
  captioned: z.stringbool().optional().describe("Only those with a caption, or only those without"),
  text: z.string().max(200).optional().describe("Only those with this in path or caption, whatever the case"),
  urls: z.stringbool().default(false).describe("With signed URLs of each picture and its thumbnail"),
});

/** A picture or file that a version does not have, and why. `score` and `threshold` are in the unit of the check. */
export const DatasetRemovalView = z.object({
  path: z.string(),
  image: Digest.nullable().describe("SHA-256 of the original; null for a file that could not be read as a picture"),
  code: z.string(),
  message: z.string(),
  score: z.number().nullable(),
  threshold: z.number().nullable(),
  keptInstead: z.string().nullable().describe("Path of the picture that was kept of a set of duplicates"),
  thumbnailUrl: z
    .string()
    .nullable()
    .describe("The whole original until it is drawn; null where there is no picture, or it cannot be decoded"),
  keptThumbnailUrl: z.string().nullable(),
});
export type DatasetRemovalView = z.output<typeof DatasetRemovalView>;
export const DatasetRemovalPage = page(DatasetRemovalView);

/** A picture of a version that another version holds too. */
export const DatasetOverlap = z.object({
  path: z.string(),
  dataset: z.string(),
  digest: Digest.describe("The other version"),
  like: z.string().describe("The picture of the other version"),
  isSame: z.boolean().describe("Whether it is the same file"),
  distance: z.int().describe("Bits of 64 between the perceptual hashes"),
  mirrored: z.boolean(),
});
export type DatasetOverlap = z.output<typeof DatasetOverlap>;
export const DatasetOverlaps = z.object({ compared: z.int(), items: z.array(DatasetOverlap) });
export const OverlapQuery = z.object({
  nearDistance: z.coerce.number().int().min(0).max(16).default(4).describe("Bits that near duplicates may differ in"),
  with: z.string().max(128).optional().describe("Only this dataset; default: the newest version of every other"),
});

/** A question that was asked beside a picture: equal digests are equal questions. */
export const CaptionPrompt = z.object({ digest: Digest.describe("SHA-256 of the text"), text: z.string() });
export type CaptionPrompt = z.output<typeof CaptionPrompt>;

const Model = z.string().nullable().describe("Null where no model was asked");

/** A caption that a picture had at some time, newest first in lists. */
export const CaptionVersion = z.object({
  text: z.string().describe("Empty where the caption was taken away"),
  provider: z.string().describe('Id of the captioner, how several were combined, "sidecar" or "edited"'),
  model: Model,
  raw: z.string().describe("What the captioner said before the clean-up"),
  prompt: CaptionPrompt.nullable(),
  microUsd: z.int().nullable().describe("What asking cost then: 0 for a known answer; null where it was not kept"),
  voices: z
    .array(
      z.object({
        provider: z.string(),
        model: Model,
        raw: z.string(),
        prompt: CaptionPrompt.nullable(),
        microUsd: z.int(),
        failure: z.object({ code: z.string(), message: z.string() }).nullable(),
      }),
    )
    .describe("What each said, where several captioners were asked"),
  run: z.string().nullable().describe("The run that wrote it; null for an edit"),
  step: z.string().nullable(),
  document: Digest.nullable().describe("The captions document that holds it"),
  dataset: Digest.nullable().describe("The version that an edit made"),
  author: z.string().nullable().describe("Name of the API key of an edit; null where none was used"),
  at: z.iso.datetime(),
});
export type CaptionVersion = z.output<typeof CaptionVersion>;
export const CaptionHistory = z.object({
  path: z.string(),
  image: Digest,
  now: z.string().nullable(),
  versions: z.array(CaptionVersion),
});
export type CaptionHistory = z.output<typeof CaptionHistory>;

export const ExportQuery = z.object({
  layout: DatasetLayout,
  archive: z.enum(["tar", "zip"]).default("tar"),
  captions: Digest.optional().describe("Output of a caption step, whose captions replace those of the dataset"),
  className: z.string().max(64).optional().describe("What the subject is; class tokens of layouts that have them"),
  resolution: z.coerce.number().int().min(32).max(4096).optional().describe("Default: the pictures' larger side"),
});
export type ExportQuery = z.output<typeof ExportQuery>;

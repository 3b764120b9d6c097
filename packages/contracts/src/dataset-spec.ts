import { z } from "zod";
import { Digest } from "./digest.ts";
import { Name } from "./name.ts";

/** Longest list of URLs in a spec, in characters: a job's input is small. */
const MAX_LISTED_CHARACTERS = 12_000;

/** A file on a web server. Credentials would end up in the plan and every listing of it. */
const FileUrl = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return url === null || (url.username === "" && url.password === "");
  }, "may not hold a user name or password");

const Refresh = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe("Any word, such as a date: another one asks the servers again whether their files changed");

const Listing = Digest.describe("Digest of the listing that the upload endpoint answered");

/** A moment of a video: seconds, or `mm:ss`, `h:mm:ss`, with a fraction or without. */
const Moment = z.union([
  z.number().min(0).max(1_000_000),
  z.string().regex(/^(?:\d{1,3}:)?\d{1,3}:[0-5]?\d(?:\.\d{1,6})?$/, "expected seconds, mm:ss or h:mm:ss"),
]);

const Clip = z.strictObject({
  name: Name.describe("Names the segment: folder of its frames, and part of their captions"),
  from: Moment.default(0),
  to: Moment.optional().describe("Default: the end of the video"),
  description: z.string().trim().min(1).max(2000).optional().describe("Caption of every frame of this clip"),
});

/** Frames of a video or of an animated picture. Which frames: every nth, so many per second, or one per scene. */
const VideoSource = z
  .strictObject({
    type: z.literal("video"),
    path: z.string().min(1).optional().describe("A .mp4, .mov or .webm (read by ffmpeg), a .gif or an animated .webp"),
    upload: Listing.optional().describe("Such a file that was uploaded, alone in its listing"),
    every: z.int().min(1).max(100_000).optional().describe("Every nth frame; 10 where neither fps nor scenes is given"),
    fps: z.number().positive().max(240).optional().describe("Frames per second of the video's own time"),
    scenes: z
      .strictObject({
        threshold: z
          .number()
          .min(0.01)
          .max(1)
          .default(0.3)
          .describe("How much must change from one frame to the next, 0..1, for a new scene to begin"),
      })
      .optional()
      .describe("One frame per scene: the sharpest after each cut"),
    from: Moment.optional(),
    to: Moment.optional(),
    clips: z.array(Clip).min(1).max(64).optional().describe("Named segments; only they are read"),
    distinct: z
      .boolean()
      .optional()
      .describe("Whether a frame that looks like the one before it is left out; default: with scenes only"),
    format: z.enum(["png", "jpeg"]).default("png").describe("Encoding of the frames; jpeg (quality 95) is faster"),
  })
  .refine(({ path, upload }) => (path === undefined) !== (upload === undefined), {
    error: "give either path or upload",
    path: ["path"],
  })
  .refine(({ every, fps, scenes }) => [every, fps, scenes].filter((one) => one !== undefined).length <= 1, {
    error: "give one of every, fps and scenes",
    path: ["every"],
  })
  .refine(({ clips, from, to }) => clips === undefined || (from === undefined && to === undefined), {
    error: "clips have a from and to of their own",
    path: ["clips"],
  })
  .refine(({ clips = [] }) => new Set(clips.map(({ name }) => name.toLowerCase())).size === clips.length, {
    error: "two clips have the same name",
    path: ["clips"],
  });

const ManifestSource = z
  .strictObject({
    type: z.literal("manifest"),
    url: FileUrl.optional().describe("Where the list lies; URLs in it may be relative to it"),
    path: z.string().min(1).optional().describe("The list as a file of this machine"),
    upload: Listing.optional().describe("The list as a file that was uploaded, alone in its listing"),
    refresh: Refresh,
  })
  .refine(({ url, path, upload }) => [url, path, upload].filter((one) => one !== undefined).length === 1, {
    error: "give one of url, path and upload",
    path: ["url"],
  })
  .describe("A text file with one URL per line, or JSONL of {url, caption?, path?}");

/** Names a version: `toys` (the newest), `toys@3f9a61c2`, `3f9a61c2d0e1`, or the whole digest. */
export const DatasetRef = z
  .string()
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}(?:@[0-9a-f]{4,64})?$/u,
    "expected the name of a dataset, name@digest, or a digest; digests may be cut short",
  );

const PinnedDataset = z.strictObject({ type: z.literal("dataset"), digest: Digest });

const NamedDataset = z
  .strictObject({
    type: z.literal("dataset"),
    dataset: DatasetRef.optional().describe(
      "Name (its newest version when the run is planned), name@digest or digest; digests may be cut short",
    ),
    digest: Digest.optional().describe("The version's whole digest, in place of its name"),
  })
  .refine(({ dataset, digest }) => (dataset === undefined) !== (digest === undefined), {
    error: "give either dataset (a name, name@digest or digest) or a whole digest",
    path: ["dataset"],
  })
  .describe("Another dataset version: its kept images, with their captions; no bytes are copied");

const sourcesOfFiles = [
  z.strictObject({
    type: z.literal("folder"),
    path: z
      .string()
      .min(1)
      .describe("Folder of pictures, read recursively; `image.txt` beside an image is its caption"),
  }),
  z.strictObject({
    type: z.literal("archive"),
    path: z
      .string()
      .min(1)
      .describe(
        "A .zip, .tar, .tar.gz or .tgz of such a folder, or a folder of such archives (the shards of a WebDataset)",
      ),
  }),
  z.strictObject({
    type: z.literal("s3"),
    url: z
      .string()
      .regex(/^s3:\/\/[^/]+\/.*$/, "expected s3://bucket/prefix")
      .describe("Prefix in the configured object store's server"),
  }),
  z.strictObject({ type: z.literal("upload"), listing: Listing }),
  z.strictObject({
    type: z.literal("urls"),
    urls: z
      .array(FileUrl)
      .min(1)
      .refine(
        (urls) => urls.reduce((sum, url) => sum + url.length, 0) <= MAX_LISTED_CHARACTERS,
        `more than ${MAX_LISTED_CHARACTERS} characters of URLs: put them into a file, one per line, as type: manifest`,
      )
      .describe("Pictures on web servers; a .txt beside one is its caption"),
    refresh: Refresh,
  }),
  ManifestSource,
  VideoSource,
] as const;

/** Where pictures come from. `path` is on the machine of the curator; `upload` is what the API stored for a client. */
export const Source = z.discriminatedUnion("type", [...sourcesOfFiles, PinnedDataset]);
export type Source = z.output<typeof Source>;

/** A source as a spec names it: planning puts the digest in the place of the name of a version. */
export const SourceSpec = z.discriminatedUnion("type", [...sourcesOfFiles, NamedDataset]);
export type SourceSpec = z.output<typeof SourceSpec>;

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
    .enum(["attention", "centre", "faces", "none"])
    .default("attention")
    .describe(
      "How a square is cut; `faces` shows the faces, or what strikes the eye where there are none (needs the optional packages of docs/datasets.md); `none` keeps the aspect in a bucket",
    ),
  buckets: z
    .enum(["kohya", "novelai", "musubi"])
    .optional()
    .describe("Whose aspect buckets are used (`crop: none`): sd-scripts' when left out, NovelAI's, musubi-tuner's"),
  bucketStep: z.int().min(8).max(256).default(64).describe("Side granularity of aspect buckets (`crop: none`)"),
  upscale: z.boolean().default(true).describe("Whether pictures smaller than the target are enlarged"),
  format: z.enum(["png", "webp", "jpeg"]).default("png").describe("Encoding of the prepared pictures"),
});
export type PrepareSettings = z.output<typeof PrepareSettings>;

const Names = z.array(z.string().min(1).max(1024)).max(100_000).default([]);

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
  upscaled: Action.default("warn").describe("Enlarged from a smaller picture: fine detail below `minDetail`"),
  minDetail: z.number().min(0).max(4).default(0.05).describe("Fine detail by coarse; about 1 as a camera gives it"),
  dark: Action.default("warn").describe("Even the brightest parts below `minHighlights`"),
  minHighlights: z
    .number()
    .min(0)
    .max(1)
    .default(0.32)
    .describe("Share of full brightness that the brightest 1 % reach"),
  bright: Action.default("warn").describe("Even the darkest parts less than `minShadows` below full brightness"),
  minShadows: z.number().min(0).max(1).default(0.05).describe("Share that the darkest 5 % stay below full brightness"),
  lowInformation: Action.default("warn").describe("Nearly one brightness alone: entropy below `minEntropyBits`"),
  minEntropyBits: z.number().min(0).max(8).default(2).describe("Bits of the histogram of luma, 0..8"),
  oddAspect: Action.default("warn").describe("A strip: shorter by longer side below `minAspect`"),
  minAspect: z.number().min(0).max(1).default(0.35).describe("0..1; 1 is a square"),
  oddSize: Action.default("warn").describe("Far from the sizes that are usual in the set: below `minUsualSize`"),
  minUsualSize: z.number().min(0).max(1).default(0.5).describe("0.5 is three quartile ranges beyond the quartiles"),
  borders: Action.default("warn").describe("Plain bars around the picture (letterbox) beyond `minInsideBorders`"),
  minInsideBorders: z.number().min(0).max(1).default(0.97).describe("Share of the picture inside of the bars"),
  colourSpace: Action.default("keep").describe("CMYK or greyscale, converted to RGB"),
  alpha: Action.default("keep").describe("With an alpha channel, laid on white"),
  faces: z
    .enum(["ignore", "any", "one", "none"])
    .default("ignore")
    .describe(
      "Faces that the prepared picture must show: at least one, exactly one, none; needs the optional packages",
    ),
  onFaces: Action.default("drop").describe("Another number of faces than `faces` asks for"),
  minFaceScore: z.number().min(0).max(1).default(0.75).describe("How sure it must be that a face is one, 0..1"),
  against: z
    .array(DatasetRef)
    .max(16)
    .default([])
    .describe(
      "Dataset versions, named as in a source, whose pictures must not be in this one: a holdout, another training set",
    ),
  leaked: Action.default("drop").describe("Equal or near to a picture of a version in `against`"),
  keep: Names.describe("Pictures that are kept whatever the checks say: paths, with * for any characters"),
  drop: Names.describe("Pictures that are left out whatever the checks say: paths, with * for any characters"),
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
  sources: z.array(SourceSpec).max(64),
  prepare: PrepareSettings.prefault({}),
  cleaning: CleaningSettings.prefault({}),
  gates: GateSettings.prefault({}),
});

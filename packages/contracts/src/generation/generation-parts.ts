import { z } from "zod";

/**
 * A picture, clip or sound that goes in: a path or URL where a person writes it, `sha256:<digest>` of a stored file once
 * it is planned.
 */
export const InputFile = z.string().min(1).max(2048);
export type InputFile = z.output<typeof InputFile>;

/** Exact in JavaScript and in every engine. */
export const Seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const Prompt = z.string().max(4000);
const side = z.int().min(16).max(8192);
const share = z.number().min(0).max(1);

/** Families of base models that pictures and clips are drawn with; LoRAs of the same family fit. */
export const GenerationFamily = z.enum(["pocket", "sd15", "sdxl", "sd3", "flux", "wan21", "wan22"]);
export type GenerationFamily = z.output<typeof GenerationFamily>;

/** Names of model files as a server lists them; what is left out is the family's usual file. */
export const ModelFiles = z
  .strictObject({
    checkpoint: z.string(),
    diffusionModel: z.string(),
    /** The two experts of Wan 2.2's 14B models. */
    highNoise: z.string(),
    lowNoise: z.string(),
    textEncoders: z.array(z.string()).min(1).max(3),
    vae: z.string(),
    clipVision: z.string(),
    styleModel: z.string(),
    motionModule: z.string(),
    audioEncoder: z.string(),
    modelPatch: z.string(),
    poseModel: z.string(),
  })
  .partial();
export type ModelFiles = z.output<typeof ModelFiles>;

export const GenerationModel = z.strictObject({
  family: GenerationFamily,
  variant: z
    .enum(["dev", "schnell", "fill", "large", "large-turbo", "medium", "14b", "5b"])
    .optional()
    .describe("flux: dev, schnell, fill; sd3: large, large-turbo, medium; wan22: 14b, 5b. Left out: the usual one"),
  id: z.string().max(256).optional().describe("A base model of the registry; its files win over the usual ones"),
  files: ModelFiles.prefault({}),
  weightDtype: z.enum(["default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"]).default("default"),
});
export type GenerationModel = z.output<typeof GenerationModel>;

/** A change of a LoRA's strength on the way: from share `at` of the steps it is `strength`. */
export const StrengthKeyframe = z.strictObject({ at: share, strength: z.number().min(0).max(2) });

/** What the strengths of all LoRAs of a picture should not exceed together: above it, pictures usually break up. */
export const LORA_STRENGTH_BUDGET = 1.6;

export const LoraUse = z.strictObject({
  lora: z
    .string()
    .min(1)
    .max(256)
    .describe("Name, id or digest of a LoRA of the library; `main`: the one whose strengths the batch gives"),
  strength: z.number().min(0).max(2).default(0.8).describe("0: not at all, 1: as trained, 2: at most"),
  textStrength: z.number().min(0).max(2).optional().describe("Of its part for the text encoder; default: strength"),
  /** Which expert of a model with two it goes on; left out: as its file says, both for one that does not say. */
  noise: z.enum(["high", "low", "both"]).optional(),
  schedule: z
    .array(StrengthKeyframe)
    .min(1)
    .max(16)
    .optional()
    .describe("Strength over the steps, where the engine can"),
});
export type LoraUse = z.output<typeof LoraUse>;

/** What is left out takes the value that is usual for the family. */
export const Sampling = z.strictObject({
  steps: z.int().min(1).max(200).optional(),
  guidance: z.number().min(0).max(30).optional().describe("Classifier-free guidance (CFG); 1 turns it off"),
  distilledGuidance: z.number().min(0).max(100).optional().describe("Flux's guidance that is an input of the model"),
  sampler: z.string().max(64).optional(),
  scheduler: z.string().max(64).optional(),
  shift: z.number().min(0).max(100).optional().describe("Of the noise schedule of flow models (SD3, Wan)"),
  clipSkip: z.int().min(1).max(12).optional().describe("Layers of CLIP that are left out, counted from 1 for none"),
});
export type Sampling = z.output<typeof Sampling>;

export const Size = { width: side.optional(), height: side.optional() } as const;

export const Frames = {
  frames: z.int().min(1).max(10_000).optional().describe("Frames that are drawn; default: the family's"),
  fps: z.number().min(1).max(120).optional().describe("Frames per second of the finished clip"),
} as const;

/** Guides the layout by a picture: edges, depth, a pose. */
export const Control = z.strictObject({
  image: InputFile,
  preprocessor: z
    .enum(["none", "canny", "openpose", "depth", "lineart"])
    .default("none")
    .describe("What is made of the picture first; none: it is a control picture already"),
  model: z.string().max(256).optional().describe("The ControlNet's file; left out: the usual one of the family"),
  /** What a union ControlNet is to take the picture for. */
  unionType: z.string().max(64).optional(),
  strength: z.number().min(0).max(10).default(0.8),
  start: share.default(0),
  end: share.default(1),
});
export type Control = z.output<typeof Control>;

/** A picture that says what a prompt cannot: IPAdapter for SD1.5 and SDXL, Redux for Flux. */
export const ImagePrompt = z.strictObject({
  image: InputFile,
  method: z.enum(["auto", "ip-adapter", "ip-adapter-face", "redux"]).default("auto"),
  preset: z.string().max(64).optional().describe("IPAdapter's preset, such as PLUS (high strength)"),
  /** Named files instead of a preset. */
  model: z.string().max(256).optional(),
  weight: z.number().min(-1).max(5).default(0.8),
  weightType: z.string().max(64).optional(),
  start: share.default(0),
  end: share.default(1),
});
export type ImagePrompt = z.output<typeof ImagePrompt>;

/** A rectangle as shares of the picture, from its top left corner. */
export const Area = z.strictObject({ x: share, y: share, width: share.gt(0), height: share.gt(0) });
export type Area = z.output<typeof Area>;

export const Region = z.strictObject({
  prompt: Prompt,
  negativePrompt: Prompt.optional(),
  area: Area.optional().describe("Exactly one of area and mask"),
  mask: InputFile.optional().describe("White where the region is"),
  strength: z.number().min(0).max(10).default(1),
  featherPixels: z.int().min(0).max(1024).default(32),
  loras: z.array(LoraUse).max(4).default([]).describe("LoRAs of this region alone"),
  imagePrompt: ImagePrompt.optional(),
});
export type Region = z.output<typeof Region>;

export const Regions = z.strictObject({
  method: z
    .enum(["mask", "area", "attention"])
    .default("mask")
    .describe("mask: conditioning behind feathered masks; area: rectangles; attention: FluxRegionAttention"),
  background: z.number().min(0).max(1).default(0.5).describe("Strength of the whole picture's prompt between regions"),
  list: z.array(Region).min(1).max(8),
});
export type Regions = z.output<typeof Regions>;

/** A second pass at a larger size. */
export const Hires = z.strictObject({
  scale: z.number().gt(1).max(8).default(1.5),
  upscaler: z.string().max(256).optional().describe("Upscale model's file; left out: plain resampling"),
  denoise: share.default(0.35),
  steps: z.int().min(1).max(200).optional(),
});
export type Hires = z.output<typeof Hires>;

export const PictureOutput = z.strictObject({
  format: z.enum(["png", "webp", "jpeg", "avif"]).default("png"),
  quality: z.int().min(1).max(100).optional().describe("Of the lossy formats; default: webp 90, jpeg 92, avif 65"),
  privacy: z.boolean().default(false).describe("Whether how it was made stays out of the file"),
});
export type PictureOutput = z.output<typeof PictureOutput>;

export const ClipOutput = z.strictObject({
  format: z.enum(["mp4", "webm", "webp"]).default("mp4"),
  quality: z.int().min(1).max(100).optional(),
  privacy: z.boolean().default(false).describe("Whether how it was made stays out of the file"),
});
export type ClipOutput = z.output<typeof ClipOutput>;

import { z } from "zod";
import {
  ClipOutput,
  Control,
  Frames,
  GenerationModel,
  Hires,
  ImagePrompt,
  InputFile,
  LoraUse,
  PictureOutput,
  Prompt,
  Regions,
  Sampling,
  Seed,
  Size,
} from "./generation-parts.ts";

const share = z.number().min(0).max(1);

/** What all have that are drawn by a model from a prompt. */
const drawn = {
  model: GenerationModel,
  prompt: Prompt,
  negativePrompt: Prompt.default(""),
  seed: Seed,
  loras: z.array(LoraUse).max(8).default([]),
  sampling: Sampling.prefault({}),
};
const picture = { output: PictureOutput.prefault({}) };
const clip = { output: ClipOutput.prefault({}) };
/** What guides a picture besides its prompt. */
const guided = {
  controls: z.array(Control).max(4).default([]),
  imagePrompts: z.array(ImagePrompt).max(4).default([]),
  regions: Regions.optional(),
  hires: Hires.optional(),
};

const TextToImage = z.strictObject({
  kind: z.literal("text-to-image"),
  ...drawn,
  ...Size,
  ...guided,
  ...picture,
  /** More pictures of the same request in one go; each is an output of its own. */
  moreSeeds: z.array(Seed).max(63).default([]),
});
const ImageToImage = z.strictObject({
  kind: z.literal("image-to-image"),
  ...drawn,
  image: InputFile,
  denoise: share.default(0.6).describe("0 keeps the picture, 1 draws a new one"),
  ...Size,
  ...guided,
  ...picture,
});
const Inpaint = z.strictObject({
  kind: z.literal("inpaint"),
  ...drawn,
  image: InputFile,
  mask: InputFile.optional().describe("White where it is drawn anew; left out: where the picture is transparent"),
  method: z
    .enum(["auto", "noise-mask", "encode", "fill"])
    .default("auto")
    .describe("noise-mask: any model; encode: inpainting checkpoints; fill: Flux Fill"),
  growMaskPixels: z.int().min(0).max(256).default(8),
  denoise: share.default(1),
  controls: guided.controls,
  imagePrompts: guided.imagePrompts,
  ...picture,
});
const TextToVideo = z.strictObject({
  kind: z.literal("text-to-video"),
  ...drawn,
  ...Size,
  ...Frames,
  /** AnimateDiff's and HotShotXL's window of frames that are drawn together. */
  contextFrames: z.int().min(1).max(128).optional(),
  contextOverlap: z.int().min(0).max(64).optional(),
  /** One frame alone, as a picture. */
  still: z.boolean().default(false),
  ...clip,
});
const ImageToVideo = z.strictObject({
  kind: z.literal("image-to-video"),
  ...drawn,
  first: InputFile.optional().describe("The first frame; at least one of first and last"),
  last: InputFile.optional(),
  ...Size,
  ...Frames,
  ...clip,
});
const SpeechToVideo = z.strictObject({
  kind: z.literal("speech-to-video"),
  ...drawn,
  image: InputFile.describe("Who speaks"),
  audio: InputFile,
  method: z.enum(["auto", "s2v", "infinite-talk"]).default("auto"),
  seconds: z.number().gt(0).max(600).optional().describe("Length; left out: as long as one piece of the method"),
  ...Size,
  fps: Frames.fps,
  ...clip,
});
const MotionTransfer = z.strictObject({
  kind: z.literal("motion-transfer"),
  ...drawn,
  image: InputFile.describe("Who moves"),
  driving: InputFile.describe("The clip whose movement is taken"),
  ...Size,
  ...Frames,
  ...clip,
});
/** A LoRA applied back to a clip: its frames are drawn anew, as many and as fast as they were, with their sound. */
const RestyleClip = z.strictObject({
  kind: z.literal("restyle-clip"),
  ...drawn,
  clip: InputFile,
  denoise: share.default(0.4),
  chunkFrames: z.int().min(1).max(256).default(16).describe("Frames that are worked on and kept together"),
  ...Size,
  ...clip,
});

const Upscale = z.strictObject({
  kind: z.literal("upscale"),
  image: InputFile,
  upscaler: z.string().max(256).optional().describe("Upscale model's file; left out: the usual one"),
  scale: z.number().gt(0).max(8).default(2),
  ...picture,
});
const FaceSwap = z.strictObject({
  kind: z.literal("face-swap"),
  target: InputFile.describe("The picture or clip whose face goes"),
  face: InputFile.describe("The face that comes"),
  of: z.enum(["picture", "clip"]).default("picture"),
  restore: z.boolean().default(true),
  /** Which faces, by size from 0. */
  faceIndex: z.int().min(0).max(32).default(0),
  output: z.union([PictureOutput, ClipOutput]).optional(),
});
const FaceExpression = z.strictObject({
  kind: z.literal("face-expression"),
  image: InputFile,
  pitch: z.number().min(-20).max(20).default(0),
  yaw: z.number().min(-20).max(20).default(0),
  roll: z.number().min(-20).max(20).default(0),
  blink: z.number().min(-20).max(5).default(0),
  smile: z.number().min(-0.3).max(1.3).default(0),
  eyebrow: z.number().min(-10).max(15).default(0),
  ...picture,
});
const FaceMotion = z.strictObject({
  kind: z.literal("face-motion"),
  image: InputFile.describe("Whose face moves"),
  driving: InputFile.describe("The clip whose mimicry is taken"),
  fps: Frames.fps,
  ...clip,
});
const Interpolate = z.strictObject({
  kind: z.literal("interpolate"),
  clip: InputFile,
  method: z
    .enum(["rife", "film", "amt", "motion"])
    .default("rife")
    .describe("rife, film, amt: models of ComfyUI; motion: ffmpeg's motion estimation, without any"),
  model: z.string().max(256).optional(),
  /** Whether by the engine's own nodes, or by the pack ComfyUI-Frame-Interpolation. */
  nodes: z.enum(["auto", "core", "pack"]).default("auto"),
  multiplier: z.int().min(2).max(16).default(2).describe("Frames out for every frame in"),
  fps: Frames.fps,
  output: ClipOutput.prefault({}),
});
const SmoothClip = z.strictObject({
  kind: z.literal("smooth-clip"),
  clip: InputFile,
  strength: share.default(0.5).describe("0 leaves the clip, 1 takes as much of the neighbours as of the frame"),
  windowFrames: z.int().min(3).max(15).default(5).describe("Frames that are looked at together, odd"),
  deflicker: z.boolean().default(true).describe("Whether changes of brightness are evened out"),
  output: ClipOutput.prefault({}),
});
/** Plain frames without any model: shows that a server draws, encodes and hands out files. */
const SolidColour = z.strictObject({
  kind: z.literal("solid-colour"),
  rgb: z
    .string()
    .regex(/^#[0-9a-f]{6}$/)
    .default("#808080"),
  width: z.int().min(16).max(2048).default(64),
  height: z.int().min(16).max(2048).default(64),
  frames: z.int().min(1).max(256).default(1),
  fps: z.number().min(1).max(120).default(8),
  formats: z
    .array(z.enum(["png", "mp4", "webm", "webp"]))
    .min(1)
    .max(4)
    .default(["png"]),
});

/** One picture or clip, with everything that decides it. Fields that are left out take what is usual for the family. */
export const GenerationSpec = z.discriminatedUnion("kind", [
  TextToImage,
  ImageToImage,
  Inpaint,
  TextToVideo,
  ImageToVideo,
  SpeechToVideo,
  MotionTransfer,
  RestyleClip,
  Upscale,
  FaceSwap,
  FaceExpression,
  FaceMotion,
  Interpolate,
  SmoothClip,
  SolidColour,
]);
export type GenerationSpec = z.output<typeof GenerationSpec>;
export type GenerationSpecInput = z.input<typeof GenerationSpec>;
export type GenerationKind = GenerationSpec["kind"];
export type SpecOf<K extends GenerationKind> = Extract<GenerationSpec, { readonly kind: K }>;
/** Those that a model draws from a prompt and a seed. */
export type DrawnSpec = Extract<GenerationSpec, { readonly prompt: string }>;

const fromPrompt = { prompt: true, seed: true } as const;
/** The model may be left out: it follows from the LoRA, or from what the backend has. */
const anyModel = { model: GenerationModel.partial({ family: true }).optional() };

/** What a batch repeats: a spec without the prompt and the seed, which the batch gives. */
export const GenerationTemplate = z.discriminatedUnion("kind", [
  TextToImage.omit(fromPrompt).extend(anyModel),
  ImageToImage.omit(fromPrompt).extend(anyModel),
  Inpaint.omit(fromPrompt).extend(anyModel),
  TextToVideo.omit(fromPrompt).extend(anyModel),
  ImageToVideo.omit(fromPrompt).extend(anyModel),
  SpeechToVideo.omit(fromPrompt).extend(anyModel),
  MotionTransfer.omit(fromPrompt).extend(anyModel),
  RestyleClip.omit(fromPrompt).extend(anyModel),
  Upscale,
  FaceSwap,
  FaceExpression,
  FaceMotion,
  Interpolate,
  SmoothClip,
  SolidColour,
]);
export type GenerationTemplate = z.output<typeof GenerationTemplate>;

export function isDrawn(spec: GenerationSpec): spec is DrawnSpec {
  return "prompt" in spec;
}

const CLIPS: ReadonlySet<GenerationKind> = new Set([
  "text-to-video",
  "image-to-video",
  "speech-to-video",
  "motion-transfer",
  "restyle-clip",
  "face-motion",
  "interpolate",
  "smooth-clip",
]);

/** Whether a clip comes out; a picture otherwise. */
export function makesClip(spec: GenerationSpec): boolean {
  if (spec.kind === "text-to-video") return !spec.still;
  if (spec.kind === "face-swap") return spec.of === "clip";
  if (spec.kind === "solid-colour") return spec.formats.some((format) => format !== "png");
  return CLIPS.has(spec.kind);
}

/** The files that go in, as the spec calls them, each once. */
export function inputFilesOf(spec: GenerationSpec): string[] {
  const found = new Set<string>();
  const add = (file: string | undefined) => file !== undefined && found.add(file);
  if ("image" in spec) add(spec.image);
  if ("mask" in spec) add(spec.mask);
  if ("first" in spec) add(spec.first);
  if ("last" in spec) add(spec.last);
  if ("audio" in spec) add(spec.audio);
  if ("driving" in spec) add(spec.driving);
  if ("clip" in spec) add(spec.clip);
  if ("target" in spec) add(spec.target);
  if ("face" in spec) add(spec.face);
  if ("controls" in spec) for (const { image } of spec.controls) add(image);
  if ("imagePrompts" in spec) for (const { image } of spec.imagePrompts) add(image);
  if ("regions" in spec) {
    for (const { mask, imagePrompt } of spec.regions?.list ?? []) {
      add(mask);
      add(imagePrompt?.image);
    }
  }
  return [...found];
}

/** The LoRAs of a spec, those of its regions among them. */
export function lorasOf(spec: GenerationSpec): LoraUse[] {
  if (!isDrawn(spec)) return [];
  const regions = "regions" in spec ? (spec.regions?.list ?? []) : [];
  return [...spec.loras, ...regions.flatMap(({ loras }) => loras)];
}

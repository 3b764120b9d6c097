import type { GenerationKind, Json } from "@loramill/contracts";
import { given } from "../given.ts";
import type { GenerateOptions, GuideOption } from "./generate-options.ts";

export type Request = { readonly [field: string]: Json | undefined };

/** Kinds that a clip comes out of. */
const CLIPS: readonly string[] = [
  "text-to-video",
  "image-to-video",
  "speech-to-video",
  "motion-transfer",
  "restyle-clip",
  "face-motion",
] satisfies GenerationKind[];

/** What is asked for by the files that go in, where nobody says: a picture from text where there are none. */
export function kindOf(options: GenerateOptions, hasPrompt: boolean): GenerationKind {
  const { image, mask, first, last, audio, driving, clip, frames, upscale } = options;
  if (clip?.length) return hasPrompt ? "restyle-clip" : "smooth-clip";
  if (first !== undefined || last !== undefined) return "image-to-video";
  if (image?.length) {
    if (audio !== undefined) return "speech-to-video";
    if (driving !== undefined) return hasPrompt ? "motion-transfer" : "face-motion";
    if (mask !== undefined) return "inpaint";
    return upscale !== undefined && !hasPrompt ? "upscale" : "image-to-image";
  }
  return frames === undefined ? "text-to-image" : "text-to-video";
}

/** The request that options describe, over the one of a file. What the kind does not know is refused by the schema, by name. */
export function requestOfOptions(options: GenerateOptions, written: Request, hasPrompt: boolean): Request {
  const kind = options.kind ?? written.kind ?? kindOf(options, hasPrompt);
  const { steps, guidance, sampler, scheduler, model, checkpoint } = options;
  return given({
    ...written,
    kind,
    ...inputsOf(options, String(kind)),
    ...options.size,
    denoise: options.denoise ?? written.denoise,
    fps: options.fps ?? written.fps,
    frames: options.frames ?? written.frames,
    ...merged("sampling", written, { steps, guidance, sampler, scheduler }),
    ...merged("model", written, {
      family: model?.family,
      variant: model?.variant,
      files: checkpoint === undefined ? undefined : { checkpoint },
    }),
    ...merged("output", written, { format: options.format, privacy: options.private }),
    ...upscaling(options.upscale, String(kind)),
  });
}

function inputsOf({ control = [], imagePrompt = [], ...options }: GenerateOptions, kind: string): Request {
  const { mask, first, last, audio, driving } = options;
  const [image] = options.image ?? [];
  const [clip] = options.clip ?? [];
  return given({
    // The picture of a clip is its first frame.
    ...(kind === "image-to-video" ? { first: first ?? image, last } : { image, first, last }),
    mask,
    audio,
    driving,
    clip,
    controls: control.length === 0 ? undefined : control.map((each) => ({ ...each })),
    imagePrompts: imagePrompt.length === 0 ? undefined : imagePrompt.map(asImagePrompt),
  });
}

/** What a ControlNet calls its strength is a weight there. */
const asImagePrompt = ({ image, strength: weight }: GuideOption) => ({ image, ...given({ weight }) });

/** Of a picture that is there, its scale; of one that is drawn, a second pass. A clip has neither: the schema says so. */
function upscaling(upscale: GenerateOptions["upscale"], kind: string): Request {
  if (upscale === undefined) return {};
  const scale = upscale === true ? {} : { scale: upscale };
  if (kind === "upscale") return scale;
  return CLIPS.includes(kind) ? { upscale: true } : { hires: scale };
}

/** The fields of one part of the request that options give, over those of the file; nothing where there are none. */
function merged(part: string, written: Request, fields: Request): Request {
  const before = written[part];
  const own = given(fields);
  if (Object.keys(own).length === 0) return {};
  return { [part]: { ...(typeof before === "object" && !Array.isArray(before) ? before : {}), ...own } as Json };
}

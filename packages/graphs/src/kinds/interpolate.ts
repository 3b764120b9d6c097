import { type SpecOf, UserError } from "@loramill/contracts";
import { loadClip, loadClipPiece } from "../parts/load-inputs.ts";
import { type Image, type Making, needFile } from "../parts/making.ts";
import { saveClip, saveClipWithPack } from "../parts/save.ts";
import { interpolation } from "../spec/usual-choices.ts";

/** More frames between those of a clip, with its sound. */
export function interpolate(making: Making, spec: SpecOf<"interpolate">): void {
  const { nodes, model } = interpolation(spec);
  const fps = spec.fps ?? fasterFps(making, spec);
  const file = needFile(model ?? undefined, "model");
  const { multiplier, output } = spec;
  if (nodes === "core") {
    const clip = loadClip(making, spec.clip);
    const [interp_model] = making.draft.add("FrameInterpolationModelLoader", { model_name: file });
    const [images] = making.draft.add("FrameInterpolate", { interp_model, images: clip.frames, multiplier });
    saveClip(making, { images, fps, audio: clip.audio, output });
  } else {
    const { frames, audio } = loadClipPiece(making, spec.clip);
    saveClipWithPack(making, { images: between(making, frames, spec, file), fps, audio, output });
  }
}

/** By the pack ComfyUI-Frame-Interpolation. */
function between({ draft }: Making, frames: Image, { method, multiplier }: SpecOf<"interpolate">, file: string): Image {
  const common = { ckpt_name: file, frames, multiplier };
  switch (method) {
    case "rife":
      return draft.add("RIFE VFI", {
        ...common,
        clear_cache_after_n_frames: 10,
        fast_mode: true,
        ensemble: true,
        scale_factor: 1,
        dtype: "float32",
        torch_compile: false,
        batch_size: 1,
      })[0];
    case "film":
      return draft.add("FILM VFI", { ...common, clear_cache_after_n_frames: 10 })[0];
    case "amt":
      return draft.add("AMT VFI", { ...common, clear_cache_after_n_frames: 1 })[0];
  }
}

/** As long as before: as many times faster as there are more frames. */
function fasterFps({ names }: Making, { clip, multiplier }: SpecOf<"interpolate">): number {
  const fps = names.clipFps?.[clip];
  if (fps !== undefined) return fps * multiplier;
  throw new UserError("fps must be given: how fast the clip is that goes in is not known", {
    code: "impossible-request",
    details: { field: "fps" },
  });
}

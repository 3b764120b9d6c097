import { UserError } from "@loramill/contracts";
import { type Assembly, type Image, needFile } from "../parts/assembly.ts";
import { loadClip, loadClipPiece } from "../parts/load-inputs.ts";
import { saveClip, saveClipWithPack } from "../parts/save.ts";
import { interpolation, type ModelInterpolate } from "../spec/usual-choices.ts";

/** More frames between those of a clip, with its sound. */
export function interpolate(assembly: Assembly, spec: ModelInterpolate): void {
  const { nodes, model } = interpolation(spec);
  const fps = spec.fps ?? fasterFps(assembly, spec);
  const file = needFile(model ?? undefined, "model");
  const { multiplier, output } = spec;
  if (nodes === "core") {
    const clip = loadClip(assembly, spec.clip);
    const [interp_model] = assembly.draft.add("FrameInterpolationModelLoader", { model_name: file });
    const [images] = assembly.draft.add("FrameInterpolate", { interp_model, images: clip.frames, multiplier });
    saveClip(assembly, { images, fps, audio: clip.audio, output });
  } else {
    const { frames, audio } = loadClipPiece(assembly, spec.clip);
    saveClipWithPack(assembly, { images: between(assembly, frames, spec, file), fps, audio, output });
  }
}

/** By the pack ComfyUI-Frame-Interpolation. */
function between({ draft }: Assembly, frames: Image, { method, multiplier }: ModelInterpolate, file: string): Image {
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

/** The fastest clip that ComfyUI saves. */
const MOST_FPS = 120;

/** As long as before: as many times faster as there are more frames. */
function fasterFps({ names }: Assembly, { clip, multiplier }: ModelInterpolate): number {
  const fps = names.clipFps?.[clip];
  if (fps !== undefined && fps * multiplier <= MOST_FPS) return fps * multiplier;
  const why = fps === undefined ? "how fast the clip is that goes in is not known" : `${MOST_FPS} is the most`;
  throw new UserError(`fps must be given: ${why}`, {
    code: "impossible-request",
    details: { field: "fps" },
  });
}

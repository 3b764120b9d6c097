import type { ClipTools, Clock, GenerationBackend, PocketEngine, Stores } from "@loramill/contracts";
import { createFfmpegGeneration } from "./clips/ffmpeg-generation.ts";
import { addRestyling } from "./clips/restyle-generation.ts";
import { createComfyUiGeneration } from "./comfyui/generation/comfyui-generation.ts";
import type { ComfyUiGenerationOptions } from "./comfyui/generation/generation-deps.ts";
import { createPocketGeneration, type PocketGenerationOptions } from "./pocket/pocket-generation.ts";

export interface GenerationParts {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
  /** Encodes and decodes what the embedded engine draws. */
  readonly pictures: Pick<PocketGenerationOptions, "encodePng" | "readPicture">;
  readonly tools: ClipTools;
}

/** The generation backends that are configured, in the order in which `auto` tries them. A new one is a line here. */
export function openGenerationBackends(
  { comfyui }: { readonly comfyui: ComfyUiGenerationOptions },
  { pictures, ...parts }: GenerationParts,
): readonly GenerationBackend[] {
  return [
    addRestyling(createPocketGeneration({ ...parts, ...pictures }), parts),
    addRestyling(createComfyUiGeneration(comfyui, parts), parts),
    createFfmpegGeneration(parts),
  ];
}

import type { ClipTools, Clock, GenerationBackend, PocketEngine, Stores, VolumeFiles } from "@loramill/contracts";
import { createFfmpegGeneration } from "./clips/ffmpeg-generation.ts";
import { addRestyling } from "./clips/restyle-generation.ts";
import { packedFrames } from "./comfyui/generation/check-request.ts";
import { createComfyUiGeneration } from "./comfyui/generation/comfyui-generation.ts";
import type { GenerationOptions } from "./generation-config.ts";
import type { MeasurePicture } from "./items/measure-output.ts";
import type { ReadRemoteFile } from "./items/read-remote-file.ts";
import { createPocketGeneration, type PocketGenerationOptions } from "./pocket/pocket-generation.ts";
import { createReplicateGeneration } from "./replicate/generation/replicate-generation.ts";
import { createServerlessGeneration } from "./runpod-serverless/serverless-generation.ts";

export interface GenerationParts {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
  /** Encodes and decodes what the embedded engine draws. */
  readonly pictures: Pick<PocketGenerationOptions, "encodePng" | "readPicture">;
  /** Looks at what services hand out. */
  readonly measurePicture: MeasurePicture;
  readonly readRemoteFile: ReadRemoteFile;
  readonly tools: ClipTools;
  /** Folder of LoRAs on the volume of the serverless endpoint; left out where they are not brought there. */
  readonly openEndpointVolume?: (() => Promise<VolumeFiles>) | undefined;
}

/** The generation backends that are configured, in the order in which `auto` tries them. A new one is a line here. */
export function openGenerationBackends(
  { comfyui, serverless, replicate }: GenerationOptions,
  { pictures, openEndpointVolume: open, ...parts }: GenerationParts,
): readonly GenerationBackend[] {
  const loraVolume = open && serverless && { loraVolume: { open, maxBytes: serverless.lorasMaxBytes } };
  return [
    addRestyling(createPocketGeneration({ ...parts, ...pictures }), parts),
    addRestyling(createComfyUiGeneration(comfyui, parts), { ...parts, packedFrames }),
    ...(serverless === null
      ? []
      : [addRestyling(createServerlessGeneration(serverless, { ...parts, ...loraVolume }), parts)]),
    ...(replicate === null ? [] : [addRestyling(createReplicateGeneration(replicate, parts), parts)]),
    createFfmpegGeneration(parts),
  ];
}

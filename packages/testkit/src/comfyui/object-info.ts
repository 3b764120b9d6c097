import saved from "./object-info.json" with { type: "json" };
import type { ObjectInfo } from "./validate-prompt.ts";

/** Which list of files an input chooses from. */
const LISTS: readonly (readonly [type: string, input: string, folder: string])[] = [
  ["CheckpointLoaderSimple", "ckpt_name", "checkpoints"],
  ["UNETLoader", "unet_name", "diffusion_models"],
  ["DualCLIPLoader", "clip_name1", "text_encoders"],
  ["DualCLIPLoader", "clip_name2", "text_encoders"],
  ["TripleCLIPLoader", "clip_name1", "text_encoders"],
  ["TripleCLIPLoader", "clip_name2", "text_encoders"],
  ["TripleCLIPLoader", "clip_name3", "text_encoders"],
  ["VAELoader", "vae_name", "vae"],
];

/**
 * What a ComfyUI 0.33 server answers to `/object_info` for the nodes that training and saving use: saved from one, with
 * the lists of files filled in.
 */
export function comfyUiObjectInfo(server: {
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly folders: readonly string[];
  readonly datasets?: readonly string[];
  readonly without?: readonly string[];
}): ObjectInfo {
  const info = structuredClone(saved) as unknown as ObjectInfo;
  const fill = (type: string, input: string, names: readonly string[]) => {
    const spec = info[type]?.input.required?.[input];
    if (spec === undefined) return;
    if (Array.isArray(spec[0])) spec[0] = [...names];
    else spec[1] = { ...spec[1], options: [...names] };
  };
  for (const [type, input, folder] of LISTS) fill(type, input, server.models[folder] ?? []);
  fill("LoadImageTextDataSetFromFolder", "folder", server.folders);
  fill("LoadTrainingDataset", "folder_name", server.datasets ?? []);
  for (const type of server.without ?? []) delete info[type];
  return info;
}

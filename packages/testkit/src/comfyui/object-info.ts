import saved from "./fixtures/object-info.json" with { type: "json" };
import type { ObjectInfo } from "./validate-prompt.ts";

/** Which of the server's folders an input chooses a file from. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  checkpoints: ["CheckpointLoaderSimple.ckpt_name"],
  diffusion_models: ["UNETLoader.unet_name"],
  text_encoders: [
    "CLIPLoader.clip_name",
    "DualCLIPLoader.clip_name1",
    "DualCLIPLoader.clip_name2",
    "TripleCLIPLoader.clip_name1",
    "TripleCLIPLoader.clip_name2",
    "TripleCLIPLoader.clip_name3",
  ],
  vae: ["VAELoader.vae_name"],
  loras: ["LoraLoader.lora_name", "LoraLoaderModelOnly.lora_name", "CreateHookLora.lora_name"],
  controlnet: ["ControlNetLoader.control_net_name"],
  clip_vision: ["CLIPVisionLoader.clip_name"],
  style_models: ["StyleModelLoader.style_model_name"],
  upscale_models: ["UpscaleModelLoader.model_name"],
  audio_encoders: ["AudioEncoderLoader.audio_encoder_name"],
  model_patches: ["ModelPatchLoader.name"],
  frame_interpolation: ["FrameInterpolationModelLoader.model_name"],
  ipadapter: ["IPAdapterModelLoader.ipadapter_file"],
  animatediff_models: ["ADE_LoadAnimateDiffModel.model_name"],
  insightface: ["ReActorFaceSwap.swap_model"],
};

/** Inputs that choose an uploaded file. */
const UPLOADS = ["LoadImage.image", "LoadImageMask.image", "LoadVideo.file", "LoadAudio.audio", "VHS_LoadVideo.video"];

/**
 * What a ComfyUI 0.33 server with the usual custom packs answers to `/object_info` for the nodes that graphs of this
 * project are made of: saved from one, without texts for people, with the lists of files filled in.
 */
export function comfyUiObjectInfo(server: {
  /** Names of files by folder, such as `checkpoints`. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly folders: readonly string[];
  readonly datasets?: readonly string[];
  /** Files in the input folder; left out: loaders have none to choose from. */
  readonly uploads?: readonly string[];
  /** Classes that it does not have. */
  readonly without?: readonly string[];
}): ObjectInfo {
  const info = structuredClone(saved) as unknown as ObjectInfo;
  const fill = (place: string, names: readonly string[]) => {
    const [type = "", input = ""] = place.split(".");
    const spec = info[type]?.input.required?.[input];
    if (spec === undefined) return;
    if (Array.isArray(spec[0])) spec[0] = [...names];
    else spec[1] = { ...spec[1], options: [...names] };
  };
  for (const [folder, places] of Object.entries(LISTS)) {
    for (const place of places) fill(place, server.models[folder] ?? []);
  }
  for (const place of UPLOADS) fill(place, server.uploads ?? []);
  fill("LoadImageTextDataSetFromFolder.folder", server.folders);
  fill("LoadTrainingDataset.folder_name", server.datasets ?? []);
  for (const type of server.without ?? []) delete info[type];
  return info;
}

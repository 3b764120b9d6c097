import type { Family } from "./family.ts";

const PICTURES = { "text-to-image": {}, "image-to-image": {}, inpaint: {}, "restyle-clip": {} } as const;
const IMAGE_ENCODER = "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors";
const STILL = { frames: 1, fps: 8 } as const;

/** Practice of the field, none of it measured here: 20 to 30 steps at guidance 7. */
export const sd15: Family = {
  name: "sd15",
  variant: null,
  title: "Stable Diffusion 1.5",
  loading: "checkpoint",
  loraParts: "model-and-text",
  latent: "sd",
  shifting: "none",
  negative: "text",
  sideStep: 8,
  frameStep: null,
  usual: {
    files: { checkpoint: "v1-5-pruned-emaonly-fp16.safetensors", clipVision: IMAGE_ENCODER },
    sampling: { steps: 25, guidance: 7, sampler: "dpmpp_2m", scheduler: "karras" },
    width: 512,
    height: 512,
    ...STILL,
  },
  kinds: {
    ...PICTURES,
    "text-to-video": {
      files: { motionModule: "v3_sd15_mm.ckpt" },
      sampling: { guidance: 7.5, sampler: "euler_ancestral", scheduler: "normal" },
      frames: 16,
    },
  },
  control: { usual: null, isTold: false, takesVae: false },
  imagePrompt: "ip-adapter",
  regions: ["mask", "area"],
  motion: { contextFrames: 16, contextOverlap: 4, betaSchedule: "autoselect", isUnlimited: true },
};

/** About a megapixel; guidance 5 to 7. HotShotXL was trained on 8 frames of about 512 px. */
export const sdxl: Family = {
  name: "sdxl",
  variant: null,
  title: "SDXL",
  loading: "checkpoint",
  loraParts: "model-and-text",
  latent: "sd",
  shifting: "none",
  negative: "text",
  sideStep: 8,
  frameStep: null,
  usual: {
    files: { checkpoint: "sd_xl_base_1.0.safetensors", clipVision: IMAGE_ENCODER },
    sampling: { steps: 30, guidance: 6, sampler: "dpmpp_2m", scheduler: "karras" },
    width: 1024,
    height: 1024,
    ...STILL,
  },
  kinds: {
    ...PICTURES,
    "text-to-video": {
      files: { motionModule: "hsxl_temporal_layers.f16.safetensors" },
      sampling: { steps: 25, guidance: 7, sampler: "euler", scheduler: "normal" },
      width: 512,
      height: 512,
      frames: 8,
    },
  },
  control: { usual: "controlnet-union-sdxl-1.0-promax.safetensors", isTold: true, takesVae: false },
  imagePrompt: "ip-adapter",
  regions: ["mask", "area"],
  motion: {
    contextFrames: 8,
    contextOverlap: 4,
    betaSchedule: "linear (HotshotXL/default)",
    isUnlimited: false,
  },
};

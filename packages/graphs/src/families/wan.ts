import type { Family } from "./family.ts";

const TEXT = "umt5_xxl_fp8_e4m3fn_scaled.safetensors";
const VAE = "wan_2.1_vae.safetensors";
const EARS = "wav2vec2_large_english_fp16.safetensors";

const base = {
  textType: "wan",
  loraParts: "model",
  latent: "wan",
  shifting: "fixed",
  negative: "text",
  frameStep: 4,
  control: null,
  imagePrompt: null,
  regions: [],
  motion: null,
} as const;

/** The model of Wan 2.1 that pictures speak with, patched by InfiniteTalk, which counts sound at 25 frames a second. */
const wan21: Family = {
  ...base,
  name: "wan21",
  variant: null,
  title: "Wan 2.1 (InfiniteTalk)",
  loading: "parts",
  sideStep: 16,
  usual: {
    files: {
      diffusionModel: "wan2.1_i2v_480p_14B_fp16.safetensors",
      textEncoders: [TEXT],
      vae: VAE,
      modelPatch: "wan2.1_infiniteTalk_single_fp16.safetensors",
      audioEncoder: EARS,
      clipVision: "clip_vision_h.safetensors",
    },
    sampling: { steps: 20, guidance: 5, sampler: "uni_pc", scheduler: "simple", shift: 8 },
    width: 832,
    height: 480,
    frames: 81,
    fps: 25,
  },
  kinds: { "speech-to-video": {} },
};

/** Two experts of 14 billion parameters each: one draws while there is much noise, the other finishes. */
const large: Family = {
  ...base,
  name: "wan22",
  variant: "14b",
  title: "Wan 2.2 14B",
  loading: "experts",
  sideStep: 16,
  usual: {
    files: {
      highNoise: "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
      lowNoise: "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
      textEncoders: [TEXT],
      vae: VAE,
    },
    sampling: { steps: 20, guidance: 3.5, sampler: "euler", scheduler: "simple", shift: 8 },
    width: 832,
    height: 480,
    frames: 81,
    fps: 16,
  },
  kinds: {
    "text-to-video": {},
    "image-to-video": {
      files: {
        highNoise: "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
        lowNoise: "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
      },
    },
    "speech-to-video": {
      files: { diffusionModel: "wan2.2_s2v_14B_fp8_scaled.safetensors", audioEncoder: EARS },
      sampling: { guidance: 6, sampler: "uni_pc" },
      width: 640,
      height: 640,
      frames: 77,
    },
    "motion-transfer": {
      files: {
        diffusionModel: "Wan2_2-Animate-14B_fp8_e4m3fn_scaled_KJ.safetensors",
        clipVision: "clip_vision_h.safetensors",
        poseModel: "sdpose_wholebody_fp16.safetensors",
      },
      // Meant for its distilled LoRA; without one it wants guidance and more steps.
      sampling: { steps: 6, guidance: 1 },
      frames: 77,
    },
    "restyle-clip": {},
  },
};

/** One model for text and pictures alike, with a VAE of its own that packs four times as densely. */
const small: Family = {
  ...base,
  name: "wan22",
  variant: "5b",
  title: "Wan 2.2 5B",
  loading: "parts",
  sideStep: 32,
  usual: {
    files: {
      diffusionModel: "wan2.2_ti2v_5B_fp16.safetensors",
      textEncoders: [TEXT],
      vae: "wan2.2_vae.safetensors",
    },
    sampling: { steps: 20, guidance: 5, sampler: "uni_pc", scheduler: "simple", shift: 8 },
    width: 1280,
    height: 704,
    frames: 121,
    fps: 24,
  },
  kinds: { "text-to-video": {}, "image-to-video": {}, "restyle-clip": {} },
};

export const wan: readonly Family[] = [wan21, large, small];

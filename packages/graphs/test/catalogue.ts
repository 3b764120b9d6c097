import type { GenerationSpecInput } from "@loramill/contracts";
import type { GraphNames } from "../src/parts/assembly.ts";

/** A spec whose graph is known, under the name of the reference graph it stands for. */
export interface Known {
  readonly spec: GenerationSpecInput;
  readonly names?: Partial<GraphNames>;
  /**
   * Where the reference is wrong or more special than a spec, what it should say instead: inputs by node id and name;
   * undefined takes an input away.
   */
  readonly corrections?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const prompt = "a photo of sks person standing in a sunlit forest, detailed";
const negativePrompt = "blurry, low quality, watermark";
const still = { prompt, negativePrompt, seed: 42 } as const;
const flux = { prompt, seed: 42 } as const;
const wanNegative = "static, overexposed, blurry details, subtitles, worst quality, deformed hands";
const moving = { prompt, negativePrompt: wanNegative, seed: 42 } as const;
const square = { width: 1024, height: 1024 } as const;
const wide = { width: 1344, height: 768 } as const;
const sd15 = { family: "sd15" } as const;
const sdxl = { family: "sdxl" } as const;
const fluxDev = { family: "flux" } as const;
const wan22 = { family: "wan22" } as const;
const small = { family: "wan22", variant: "5b" } as const;
/** Flux's short form of sampling goes with a shift that is said. */
const short = { shift: 1.15 } as const;

const left = { x: 0, y: 0, width: 704 / 1344, height: 1 };
const right = { x: 640 / 1344, y: 0, width: 704 / 1344, height: 1 };
const pair = [{ lora: "pair", strength: 1 }];

export const catalogue: Readonly<Record<string, Known>> = {
  "core-sd15-txt2img-lora": {
    spec: {
      kind: "text-to-image",
      model: sd15,
      ...still,
      width: 512,
      height: 768,
      loras: [{ lora: "style_a" }],
      sampling: { clipSkip: 2 },
    },
  },
  "core-sdxl-txt2img-loras": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      loras: [{ lora: "style_a" }, { lora: "character_b", strength: 1 }],
    },
  },
  "core-sdxl-batch-seeds": {
    spec: { kind: "text-to-image", model: sdxl, ...still, seed: 101, moreSeeds: [102, 103] },
  },
  "core-sd35-large-txt2img-lora": {
    spec: { kind: "text-to-image", model: { family: "sd3" }, ...flux, loras: [{ lora: "style_a" }] },
  },
  "core-flux-dev-txt2img-loras": {
    spec: {
      kind: "text-to-image",
      model: fluxDev,
      ...flux,
      loras: [{ lora: "style_a" }, { lora: "character_b", strength: 1 }],
    },
  },
  "core-flux-dev-txt2img-ksampler": {
    spec: {
      kind: "text-to-image",
      model: fluxDev,
      ...flux,
      loras: [{ lora: "style_a", textStrength: 0 }],
      sampling: short,
    },
  },
  "core-flux-schnell-txt2img": {
    spec: { kind: "text-to-image", model: { family: "flux", variant: "schnell" }, ...flux },
  },
  "core-sdxl-img2img": {
    spec: {
      kind: "image-to-image",
      model: sdxl,
      ...still,
      ...square,
      image: "ref.png",
      loras: [{ lora: "style_a" }],
    },
  },
  "core-flux-img2img": {
    spec: { kind: "image-to-image", model: fluxDev, ...flux, ...square, image: "ref.png", denoise: 0.75 },
  },
  "core-sdxl-inpaint": {
    spec: { kind: "inpaint", model: sdxl, ...still, image: "ref.png", mask: "mask.png", denoise: 0.85 },
  },
  "core-inpaint-checkpoint": {
    spec: { kind: "inpaint", model: sd15, ...still, image: "ref.png", method: "encode", growMaskPixels: 6 },
  },
  "core-flux-fill-inpaint": {
    spec: { kind: "inpaint", model: fluxDev, ...flux, image: "ref.png", mask: "mask.png", growMaskPixels: 0 },
  },
  "core-sdxl-controlnet": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      controls: [{ image: "ref.png", preprocessor: "canny", strength: 0.7, end: 0.8 }],
    },
  },
  "core-flux-controlnet": {
    spec: {
      kind: "text-to-image",
      model: fluxDev,
      ...flux,
      sampling: { ...short, steps: 24 },
      controls: [{ image: "ref.png", preprocessor: "canny", strength: 0.7, end: 0.8 }],
    },
  },
  "custom-controlnet-openpose-preprocess": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      width: 832,
      height: 1216,
      controls: [{ image: "ref.png", preprocessor: "openpose", strength: 0.9, end: 0.9 }],
    },
  },
  "custom-sdxl-ipadapter": {
    spec: { kind: "text-to-image", model: sdxl, ...still, imagePrompts: [{ image: "ref.png" }] },
  },
  "custom-sdxl-ipadapter-explicit": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      imagePrompts: [
        { image: "ref.png", model: "ip-adapter-plus_sdxl_vit-h.safetensors", weightType: "style transfer" },
      ],
    },
  },
  "custom-sdxl-ipadapter-faceid": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      imagePrompts: [{ image: "source_face.png", method: "ip-adapter-face", weight: 0.85 }],
    },
  },
  "custom-sdxl-ipadapter-regional": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...wide,
      prompt: "a tavern interior",
      negativePrompt,
      seed: 42,
      regions: { background: 1, list: [{ prompt, area: left, imagePrompt: { image: "ref.png" } }] },
    },
    // It draws away from nothing outside of the region, where guidance then multiplies what it should compare.
    corrections: { "10": { negative: undefined }, "15": { negative: ["9", 0] } },
  },
  "core-flux-redux-image-prompt": {
    spec: { kind: "text-to-image", model: fluxDev, ...flux, imagePrompts: [{ image: "ref.png", weight: 0.6 }] },
  },
  "core-sdxl-regional-masks": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...wide,
      prompt: "two people in a tavern, cinematic light",
      negativePrompt,
      seed: 42,
      regions: {
        background: 1,
        list: [
          { prompt: "a knight in silver armor", area: left },
          { prompt: "a wizard in a blue robe", area: right },
        ],
      },
    },
  },
  "core-sdxl-regional-area": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...wide,
      prompt: "two people in a tavern, cinematic light",
      negativePrompt,
      seed: 42,
      regions: {
        method: "area",
        background: 1,
        list: [
          { prompt: "a knight in silver armor", area: left },
          { prompt: "a wizard in a blue robe", area: right },
        ],
      },
    },
  },
  "core-sdxl-regional-lora-hooks": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...wide,
      prompt: "two people in a tavern, cinematic light",
      negativePrompt,
      seed: 42,
      regions: {
        background: 1,
        list: [
          {
            prompt: "photo of sks person in silver armor",
            area: left,
            loras: [{ lora: "character_b", strength: 1 }],
          },
          { prompt: "photo of zxc person in a blue robe", area: right, loras: [{ lora: "style_a", strength: 1 }] },
        ],
      },
    },
  },
  "core-flux-regional-masks": {
    spec: {
      kind: "text-to-image",
      model: fluxDev,
      ...wide,
      prompt: "two people in a tavern, a knight on the left and a wizard on the right",
      seed: 42,
      regions: {
        list: [
          { prompt: "a knight in silver armor, in a tavern", area: left },
          { prompt: "a wizard in a blue robe, in a tavern", area: right },
        ],
      },
    },
  },
  "custom-flux-region-attention": {
    spec: {
      kind: "text-to-image",
      model: fluxDev,
      ...wide,
      prompt: "two people in a tavern",
      seed: 42,
      regions: {
        method: "attention",
        list: [
          { prompt: "a knight in silver armor", area: { x: 0, y: 0, width: 0.5, height: 1 } },
          { prompt: "a wizard in a blue robe", area: { x: 0.5, y: 0, width: 0.5, height: 1 } },
        ],
      },
    },
  },
  "core-sdxl-hires-fix": {
    spec: {
      kind: "text-to-image",
      model: sdxl,
      ...still,
      hires: { scale: 1.5, upscaler: "4x-UltraSharp.pth" },
    },
  },
  "core-upscale-model": { spec: { kind: "upscale", image: "ref.png" } },
  "custom-reactor-faceswap-image": {
    spec: { kind: "face-swap", target: "ref.png", face: "source_face.png" },
  },
  "custom-reactor-faceswap-video": {
    spec: { kind: "face-swap", target: "drive.mp4", face: "source_face.png", of: "clip" },
  },
  "custom-expression-editor-image": {
    spec: { kind: "face-expression", image: "source_face.png", yaw: 8, smile: 0.8 },
  },
  "custom-animatediff-sd15": {
    spec: { kind: "text-to-video", model: sd15, ...still, frames: 32, loras: [{ lora: "character_b" }] },
  },
  "custom-hotshotxl-sdxl": { spec: { kind: "text-to-video", model: sdxl, ...still } },
  "core-wan22-t2v-a14b-loras": { spec: { kind: "text-to-video", model: wan22, ...moving, loras: pair } },
  "core-wan22-t2v-a14b-4step": {
    spec: {
      kind: "text-to-video",
      model: wan22,
      ...moving,
      width: 640,
      height: 640,
      loras: [{ lora: "fast", strength: 1 }, ...pair],
      sampling: { steps: 4, guidance: 1, shift: 5 },
    },
  },
  "core-wan22-t2v-single-image": {
    spec: { kind: "text-to-video", model: wan22, ...moving, ...square, loras: pair, still: true },
  },
  "core-wan22-i2v-a14b-loras": {
    spec: { kind: "image-to-video", model: wan22, ...moving, first: "start.png", loras: pair },
  },
  "core-wan22-flf2v-a14b": {
    spec: { kind: "image-to-video", model: wan22, ...moving, first: "start.png", last: "ref.png" },
  },
  "core-wan22-ti2v-5b-t2v": {
    spec: { kind: "text-to-video", model: small, ...moving, loras: [{ lora: "style_a", strength: 1 }] },
  },
  "core-wan22-ti2v-5b-i2v": {
    spec: {
      kind: "image-to-video",
      model: small,
      ...moving,
      first: "start.png",
      loras: [{ lora: "style_a", strength: 1 }],
    },
  },
  "core-wan22-s2v-14b": {
    spec: {
      kind: "speech-to-video",
      model: wan22,
      ...moving,
      prompt: "a person talking to the camera",
      image: "start.png",
      audio: "voice.wav",
      seconds: 9.625,
    },
  },
  "core-wan21-infinitetalk": {
    spec: {
      kind: "speech-to-video",
      model: { family: "wan21" },
      ...moving,
      prompt: "a person talking",
      image: "start.png",
      audio: "voice.wav",
    },
  },
  "core-wan22-animate": {
    spec: {
      kind: "motion-transfer",
      model: wan22,
      ...moving,
      prompt: "a person is moving",
      image: "ref.png",
      driving: "drive.mp4",
      loras: [
        { lora: "distilled", strength: 1 },
        { lora: "relight", strength: 1 },
      ],
    },
  },
  "custom-liveportrait-video": {
    spec: { kind: "face-motion", image: "source_face.png", driving: "drive.mp4", fps: 24 },
  },
  "core-frame-interpolation": { spec: { kind: "interpolate", clip: "drive.mp4", fps: 32 } },
  "custom-rife-vfi": {
    spec: { kind: "interpolate", clip: "drive.mp4", nodes: "pack" },
    names: { clipFps: { "drive.mp4": 16 } },
  },
  "core-save-webm-and-webp": {
    spec: { kind: "solid-colour", rgb: "#0000ff", frames: 8, fps: 24, formats: ["webm", "webp", "mp4"] },
    // One clip has one rate, whatever it is saved as.
    corrections: { "3": { fps: 24 } },
  },
};

/** What the server calls everything in the catalogue. */
export const names: GraphNames = {
  inputs: Object.fromEntries(
    ["ref.png", "mask.png", "source_face.png", "start.png", "drive.mp4", "voice.wav"].map((name) => [name, name]),
  ),
  loras: {
    style_a: { both: "style_a.safetensors" },
    character_b: { both: "character_b.safetensors" },
    pair: { high: "wan_high.safetensors", low: "wan_low.safetensors" },
    fast: {
      high: "wan2.2_t2v_lightx2v_4steps_lora_v1.1_high_noise.safetensors",
      low: "wan2.2_t2v_lightx2v_4steps_lora_v1.1_low_noise.safetensors",
    },
    distilled: { both: "lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors" },
    relight: { both: "WanAnimate_relight_lora_fp16.safetensors" },
  },
  filenamePrefix: "job_id",
};

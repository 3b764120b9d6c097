import type { Family } from "./family.ts";

/** 0.2 to 2 megapixels. Source of steps, guidance and shifts: the makers' own examples. */
const dev: Family = {
  name: "flux",
  variant: "dev",
  title: "FLUX.1 dev",
  loading: "parts",
  textType: "flux",
  loraParts: "model-and-text",
  latent: "sd3",
  shifting: "by-size",
  negative: "zeros",
  sideStep: 16,
  frameStep: null,
  usual: {
    files: {
      diffusionModel: "flux1-dev.safetensors",
      textEncoders: ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
      vae: "ae.safetensors",
      styleModel: "flux1-redux-dev.safetensors",
      clipVision: "sigclip_vision_patch14_384.safetensors",
    },
    sampling: { steps: 20, guidance: 1, distilledGuidance: 3.5, sampler: "euler", scheduler: "simple" },
    width: 1024,
    height: 1024,
    frames: 1,
    fps: 8,
  },
  kinds: { "text-to-image": {}, "image-to-image": {}, inpaint: {}, "restyle-clip": {} },
  control: { usual: "flux-union-pro-2.safetensors", isTold: false, takesVae: true },
  imagePrompt: "redux",
  regions: ["mask", "attention"],
  motion: null,
};
const { distilledGuidance: _none, ...withoutGuidance } = dev.usual.sampling;

/** Schnell is distilled to 4 steps and takes no guidance; fill draws what a mask leaves open. */
export const flux: readonly Family[] = [
  dev,
  {
    ...dev,
    variant: "schnell",
    title: "FLUX.1 schnell",
    shifting: "none",
    usual: {
      ...dev.usual,
      files: { ...dev.usual.files, diffusionModel: "flux1-schnell.safetensors" },
      sampling: { ...withoutGuidance, steps: 4 },
    },
    control: null,
  },
  {
    ...dev,
    variant: "fill",
    title: "FLUX.1 fill",
    shifting: "none",
    usual: {
      ...dev.usual,
      files: { ...dev.usual.files, diffusionModel: "flux1-fill-dev.safetensors" },
      sampling: { ...dev.usual.sampling, distilledGuidance: 30, scheduler: "normal" },
    },
    kinds: { inpaint: {} },
    control: null,
    regions: [],
  },
];

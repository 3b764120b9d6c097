import type { Family } from "./family.ts";

const large: Family = {
  name: "sd3",
  variant: "large",
  title: "Stable Diffusion 3.5 large",
  loading: "checkpoint-and-text",
  loraParts: "model",
  latent: "sd3",
  shifting: "fixed",
  negative: "text-or-late-zeros",
  sideStep: 16,
  frameStep: null,
  usual: {
    files: {
      checkpoint: "sd3.5_large.safetensors",
      textEncoders: ["clip_g.safetensors", "clip_l.safetensors", "t5xxl_fp16.safetensors"],
    },
    sampling: { steps: 28, guidance: 4.5, sampler: "euler", scheduler: "sgm_uniform", shift: 3 },
    width: 1024,
    height: 1024,
    frames: 1,
    fps: 8,
  },
  kinds: { "text-to-image": {}, "image-to-image": {}, inpaint: {}, "restyle-clip": {} },
  control: { usual: null, isTold: false, takesVae: true },
  imagePrompt: null,
  regions: ["mask", "area"],
  motion: null,
};

/** Stable Diffusion 3.5; the turbo is distilled to 4 steps without guidance. */
export const sd3: readonly Family[] = [
  large,
  {
    ...large,
    variant: "large-turbo",
    title: "Stable Diffusion 3.5 large turbo",
    usual: {
      ...large.usual,
      files: { ...large.usual.files, checkpoint: "sd3.5_large_turbo.safetensors" },
      sampling: { ...large.usual.sampling, steps: 4, guidance: 1 },
    },
  },
  {
    ...large,
    variant: "medium",
    title: "Stable Diffusion 3.5 medium",
    usual: { ...large.usual, files: { ...large.usual.files, checkpoint: "sd3.5_medium.safetensors" } },
  },
];

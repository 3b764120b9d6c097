import type { Family } from "./family.ts";

/** The embedded engine, which draws small pictures itself: no server, and no graph. */
export const pocket: Family = {
  name: "pocket",
  variant: null,
  title: "Pocket",
  loading: "checkpoint",
  loraParts: "model",
  latent: "sd",
  shifting: "none",
  negative: "text",
  sideStep: 8,
  frameStep: null,
  usual: {
    files: {},
    sampling: { steps: 20, guidance: 3, sampler: "euler", scheduler: "simple" },
    width: 64,
    height: 64,
    frames: 1,
    fps: 8,
  },
  kinds: { "text-to-image": {} },
  control: null,
  imagePrompt: null,
  regions: [],
  motion: null,
};

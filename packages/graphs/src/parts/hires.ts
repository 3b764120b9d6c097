import type { Hires } from "@loramill/contracts";
import { hiresSteps } from "../spec/resolve-spec.ts";
import type { Settled } from "../spec/settle.ts";
import { factorOf } from "../spec/usual-choices.ts";
import type { LoadedBase } from "./base-model.ts";
import type { Image, Latent, Making } from "./making.ts";
import { type Sampled, sample } from "./sampler.ts";

/** Enlarges a picture and draws it once more with little noise; decoding in tiles keeps the memory small. */
export function addHires(
  making: Making,
  {
    hires,
    image,
    base,
    settled,
    sampled,
  }: {
    readonly hires: Hires;
    readonly image: Image;
    readonly base: Pick<LoadedBase, "vae">;
    readonly settled: Settled;
    readonly sampled: Omit<Sampled, "latent">;
  },
): Image {
  const { draft } = making;
  const { vae } = base;
  const [latent] = draft.add("VAEEncode", { pixels: enlarge(making, image, hires, settled), vae });
  const steps = hires.steps ?? hiresSteps(settled.sampling.steps);
  const samples: Latent = sample(making, settled, { ...sampled, latent, steps, denoise: hires.denoise });
  const tiles = { tile_size: 512, overlap: 64, temporal_size: 64, temporal_overlap: 8 };
  return draft.add("VAEDecodeTiled", { samples, vae, ...tiles })[0];
}

function enlarge(making: Making, image: Image, { scale, upscaler }: Hires, settled: Settled): Image {
  const { draft } = making;
  const large = upscaler === undefined ? image : upscale(making, image, upscaler);
  const { family, width, height, isSized } = settled;
  const upscale_method = "lanczos";
  if (!isSized) {
    const done = upscaler === undefined ? 1 : (factorOf(upscaler) ?? USUAL_FACTOR);
    return draft.add("ImageScaleBy", { image: large, upscale_method, scale_by: scaleBy(scale, done) })[0];
  }
  const side = (length: number) => Math.round((length * scale) / family.sideStep) * family.sideStep;
  const sides = { width: side(width), height: side(height), crop: "disabled" };
  return draft.add("ImageScale", { image: large, upscale_method, ...sides })[0];
}

/** Most models for enlarging make pictures four times as large. */
export const USUAL_FACTOR = 4;

/** Enlarges by a model for that, as many times as the model does. */
export function upscale({ draft }: Making, image: Image, upscaler: string): Image {
  const [upscale_model] = draft.add("UpscaleModelLoader", { model_name: upscaler });
  return draft.add("ImageUpscaleWithModel", { upscale_model, image })[0];
}

/** What is left to scale after a model has done its share, within what the node takes. */
export const scaleBy = (wanted: number, done: number): number =>
  Math.min(8, Math.max(0.01, Math.round((wanted / done) * 1000) / 1000));

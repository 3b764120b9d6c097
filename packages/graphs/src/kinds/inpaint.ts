import type { SpecOf } from "@loramill/contracts";
import { loadBase } from "../parts/base-model.ts";
import { decodeLatent, encodeImage } from "../parts/latents.ts";
import { loadImage, loadMask } from "../parts/load-inputs.ts";
import type { Making, Mask } from "../parts/making.ts";
import { sample } from "../parts/sampler.ts";
import { savePictures } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { inpaintMethod } from "../spec/usual-choices.ts";
import { guide } from "./picture-conditions.ts";

/** A part of a picture drawn anew, in one of three ways. */
export function inpaint(making: Making, spec: SpecOf<"inpaint">): void {
  const { draft } = making;
  const settled = settle(spec);
  const base = loadBase(making, spec, settled);
  const { vae } = base;
  const method = inpaintMethod(spec, settled.family);
  // Soft edges of the mask become soft changes; checkpoints made for inpainting do that themselves.
  const model = method === "encode" ? base.models[0] : draft.add("DifferentialDiffusion", { model: base.models[0] })[0];
  const [pixels, transparency] = loadImage(making, spec.image);
  const mask = spec.mask === undefined ? transparency : loadMask(making, spec.mask);
  const { seed, denoise } = spec;

  if (method === "encode") {
    const [latent] = draft.add("VAEEncodeForInpaint", { pixels, vae, mask, grow_mask_by: spec.growMaskPixels });
    const drawing = guide(making, spec, { base, model, latent, settled });
    const samples = sample(making, settled, { ...drawing, latent, seed, denoise });
    savePictures(making, decodeLatent(making, samples, vae));
    return;
  }
  const grown = grow(making, mask, spec.growMaskPixels);
  if (method === "fill") {
    const { models, conditions } = guide(making, spec, { base, model, latent: null, settled });
    const [positive, negative, masked] = draft.add("InpaintModelConditioning", {
      positive: conditions.positive,
      negative: conditions.negative(),
      vae,
      pixels,
      mask: grown,
      noise_mask: true,
    });
    const filled = { positive, negative: () => negative, isPair: true };
    const samples = sample(making, settled, { models, conditions: filled, latent: masked, seed, denoise });
    savePictures(making, decodeLatent(making, samples, vae));
    return;
  }
  const [latent] = draft.add("SetLatentNoiseMask", { samples: encodeImage(making, pixels, vae), mask: grown });
  const drawing = guide(making, spec, { base, model, latent, settled });
  const source = decodeLatent(making, sample(making, settled, { ...drawing, latent, seed, denoise }), vae);
  // What lies outside the mask has gone through the VAE: put the picture's own pixels back.
  const whole = { destination: pixels, source, x: 0, y: 0, resize_source: false, mask: grown };
  savePictures(making, draft.add("ImageCompositeMasked", whole)[0]);
}

function grow({ draft }: Making, mask: Mask, expand: number): Mask {
  return expand === 0 ? mask : draft.add("GrowMask", { mask, expand, tapered_corners: true })[0];
}

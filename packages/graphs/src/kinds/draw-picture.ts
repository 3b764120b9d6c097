import type { SpecOf } from "@loramill/contracts";
import { loadBase } from "../parts/base-model.ts";
import { addHires } from "../parts/hires.ts";
import { decodeLatent, emptyLatent, encodeImage, fitImage } from "../parts/latents.ts";
import { loadImage } from "../parts/load-inputs.ts";
import type { Making } from "../parts/making.ts";
import { sample } from "../parts/sampler.ts";
import { savePictures } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { guide } from "./picture-conditions.ts";

/** A picture from text, or over another picture; several seeds share everything but their samplers. */
export function drawPicture(making: Making, spec: SpecOf<"text-to-image"> | SpecOf<"image-to-image">): void {
  const settled = settle(spec);
  const base = loadBase(making, spec, settled);
  const isNew = spec.kind === "text-to-image";
  const latent = isNew
    ? emptyLatent(making, settled)
    : encodeImage(making, fitImage(making, loadImage(making, spec.image)[0], settled), base.vae);
  const { models, conditions } = guide(making, spec, { base, model: base.models[0], latent, settled });
  const seeds = isNew ? [spec.seed, ...spec.moreSeeds] : [spec.seed];
  for (const [index, seed] of seeds.entries()) {
    const sampled = { models, conditions, seed };
    const denoise = isNew ? 1 : spec.denoise;
    const drawn = decodeLatent(making, sample(making, settled, { ...sampled, latent, denoise }), base.vae);
    // A picture that goes in has its own size unless one is given; a new one always has the one it was drawn at.
    const sized = { ...settled, isSized: isNew || settled.isSized };
    const { hires } = spec;
    const image =
      hires === undefined ? drawn : addHires(making, { hires, image: drawn, base, settled: sized, sampled });
    savePictures(making, image, { index, name: `seed${seed}` });
  }
}

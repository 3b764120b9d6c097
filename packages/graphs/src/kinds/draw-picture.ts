import type { SpecOf } from "@loramill/contracts";
import type { Assembly } from "../parts/assembly.ts";
import { loadBase } from "../parts/base-model.ts";
import { addHires } from "../parts/hires.ts";
import { decodeLatent, emptyLatent, encodeImage, fitImage } from "../parts/latents.ts";
import { loadImage } from "../parts/load-inputs.ts";
import { sample } from "../parts/sampler.ts";
import { savePictures } from "../parts/save.ts";
import { settle } from "../spec/settle.ts";
import { guide } from "./picture-conditions.ts";

/** A picture from text, or over another picture; several seeds share everything but their samplers. */
export function drawPicture(assembly: Assembly, spec: SpecOf<"text-to-image"> | SpecOf<"image-to-image">): void {
  const settled = settle(spec);
  const base = loadBase(assembly, spec, settled);
  const isNew = spec.kind === "text-to-image";
  const latent = isNew
    ? emptyLatent(assembly, settled)
    : encodeImage(assembly, fitImage(assembly, loadImage(assembly, spec.image)[0], settled), base.vae);
  const { models, conditions } = guide(assembly, spec, { base, model: base.models[0], latent, settled });
  const seeds = isNew ? [spec.seed, ...spec.moreSeeds] : [spec.seed];
  for (const [index, seed] of seeds.entries()) {
    const sampled = { models, conditions, seed };
    const denoise = isNew ? 1 : spec.denoise;
    const drawn = decodeLatent(assembly, sample(assembly, settled, { ...sampled, latent, denoise }), base.vae);
    // A picture that goes in has its own size unless one is given; a new one always has the one it was drawn at.
    const sized = { ...settled, isSized: isNew || settled.isSized };
    const { hires } = spec;
    const image =
      hires === undefined ? drawn : addHires(assembly, { hires, image: drawn, base, settled: sized, sampled });
    savePictures(assembly, image, { index, name: `seed${seed}` });
  }
}

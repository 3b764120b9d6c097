import type { Settled } from "../spec/settle.ts";
import type { Image, Latent, Making, Vae } from "./making.ts";

/** Nothing yet, of a picture's size. */
export function emptyLatent({ draft }: Making, { family, width, height }: Settled, batch_size = 1): Latent {
  const type = family.latent === "sd" ? "EmptyLatentImage" : "EmptySD3LatentImage";
  return draft.add(type, { width, height, batch_size })[0];
}

/**
 * A picture as it is drawn over: scaled and cut to the size that is asked for, else with its shape to as many pixels as
 * is usual for the family.
 */
export function fitImage({ draft }: Making, image: Image, { family, width, height, isSized }: Settled): Image {
  const upscale_method = "lanczos";
  if (isSized) return draft.add("ImageScale", { image, upscale_method, width, height, crop: "center" })[0];
  const megapixels = Math.round((family.usual.width * family.usual.height * 100) / 1024 ** 2) / 100;
  const settings = { upscale_method, megapixels, resolution_steps: family.sideStep };
  return draft.add("ImageScaleToTotalPixels", { image, ...settings })[0];
}

export const encodeImage = ({ draft }: Making, pixels: Image, vae: Vae): Latent =>
  draft.add("VAEEncode", { pixels, vae })[0];

export const decodeLatent = ({ draft }: Making, samples: Latent, vae: Vae): Image =>
  draft.add("VAEDecode", { samples, vae })[0];

import type { Area, Region } from "@loramill/contracts";
import type { Settled } from "../spec/settle.ts";
import { loadMask } from "./load-inputs.ts";
import type { Making, Mask } from "./making.ts";

/** Sides of latents are an eighth of the picture's. */
const LATENT_PIXELS = 8;

/** An area in pixels of the picture, on the grid of its latent and within it. */
export function areaPixels({ x, y, width, height }: Area, picture: Pick<Settled, "width" | "height">) {
  const snap = (share: number, side: number) => Math.round((share * side) / LATENT_PIXELS) * LATENT_PIXELS;
  const left = snap(x, picture.width);
  const top = snap(y, picture.height);
  return {
    x: left,
    y: top,
    width: Math.max(LATENT_PIXELS, Math.min(snap(width, picture.width), picture.width - left)),
    height: Math.max(LATENT_PIXELS, Math.min(snap(height, picture.height), picture.height - top)),
  };
}

/** Where a region is, with soft edges; masks fit any size, as they are scaled to the latent. */
export function regionMask(making: Making, region: Region, picture: Pick<Settled, "width" | "height">): Mask {
  const { draft } = making;
  const feather = (mask: Mask): Mask => {
    const side = region.featherPixels;
    if (side === 0) return mask;
    return draft.add("FeatherMask", { mask, left: side, top: side, right: side, bottom: side })[0];
  };
  if (region.mask !== undefined) return feather(loadMask(making, region.mask));
  const { x, y, width, height } = areaPixels(region.area ?? { x: 0, y: 0, width: 1, height: 1 }, picture);
  const [nothing] = draft.add("SolidMask", { value: 0, width: picture.width, height: picture.height });
  const [whole] = draft.add("SolidMask", { value: 1, width, height });
  return draft.add("MaskComposite", { destination: nothing, source: feather(whole), x, y, operation: "add" })[0];
}

/** The whole picture as a mask. */
export const wholeMask = ({ draft }: Making, { width, height }: Pick<Settled, "width" | "height">): Mask =>
  draft.add("SolidMask", { value: 1, width, height })[0];

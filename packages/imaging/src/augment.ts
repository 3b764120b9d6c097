import type { RgbImage } from "@loramill/contracts";
import { cropRgb, type Size, type Window } from "./raster.ts";

/** Numbers 0..1, seeded by the caller, so that the same seed gives the same pictures. */
type Random = () => number;

/** kohya's colour jitter of one picture: a turned hue, or another gamma. */
export type ColourJitter =
  | { readonly kind: "none" }
  /** Of 180, as OpenCV counts hues. */
  | { readonly kind: "hue"; readonly shift: number }
  | { readonly kind: "gamma"; readonly gamma: number };

export interface Augmentation {
  readonly flip: boolean;
  readonly colour: ColourJitter;
}

const JITTER_SHARE = 0.33;
const MAX_HUE_SHIFT = 8;
const GAMMAS = [0.95, 1.05] as const;

/**
 * Draws what happens to a picture, with kohya's chances: mirrored half the time, jittered a third of the time (half of
 * them the hue by up to 8 of 180, else a gamma of 0.95 to 1.05). Always takes four numbers, whatever is switched on, so
 * that a switch does not change the rest of a series.
 */
export function planAugmentation(
  settings: { readonly flip: boolean; readonly colour: boolean },
  random: Random,
): Augmentation {
  const [flip, jitter, which, amount] = [random(), random(), random(), random()];
  return {
    flip: settings.flip && flip < 0.5,
    colour: settings.colour && jitter < JITTER_SHARE ? pickJitter(which, amount) : { kind: "none" },
  };
}

function pickJitter(which: number, amount: number): ColourJitter {
  if (which < 0.5) return { kind: "hue", shift: Math.floor(amount * (2 * MAX_HUE_SHIFT + 1)) - MAX_HUE_SHIFT };
  return { kind: "gamma", gamma: GAMMAS[0] + amount * (GAMMAS[1] - GAMMAS[0]) };
}

/** Mirrors left to right. */
export function flipImage(image: RgbImage): RgbImage {
  const { width, height } = image;
  const rgb = new Uint8Array(image.rgb.length);
  for (let y = 0; y < height; y++) {
    for (let from = y * width * 3, to = (y + 1) * width * 3 - 3; to >= y * width * 3; from += 3, to -= 3) {
      rgb[to] = image.rgb[from] as number;
      rgb[to + 1] = image.rgb[from + 1] as number;
      rgb[to + 2] = image.rgb[from + 2] as number;
    }
  }
  return { width, height, rgb };
}

/** A window of `size` anywhere in a picture that is at least as large, every place as likely (kohya's `random_crop`). */
export function randomCrop(image: RgbImage, size: Size, random: Random): { image: RgbImage; window: Window } {
  if (size.width > image.width || size.height > image.height) {
    throw new RangeError(
      `a crop of ${size.width}x${size.height} does not fit into ${image.width}x${image.height} pixels`,
    );
  }
  const place = (room: number) => Math.min(room, Math.floor(random() * (room + 1)));
  const window = { left: place(image.width - size.width), top: place(image.height - size.height), ...size };
  return { image: cropRgb(image, window), window };
}

/**
 * Applies a colour jitter. The gamma is kohya's: a power of the raw level 0..255, not of its share, cut off at 255; so
 * 1.05 brightens much and 0.95 darkens much. Hues are turned with saturation and value kept.
 */
export function jitterColours(image: RgbImage, jitter: ColourJitter): RgbImage {
  if (jitter.kind === "none") return image;
  if (jitter.kind === "gamma") {
    const table = Uint8Array.from({ length: 256 }, (_, level) => Math.min(255, level ** jitter.gamma));
    return { ...image, rgb: image.rgb.map((level) => table[level] as number) };
  }
  const rgb = new Uint8Array(image.rgb.length);
  for (let at = 0; at < rgb.length; at += 3) turnHue(image.rgb, rgb, at, (jitter.shift * 2) / 60);
  return { ...image, rgb };
}

/** Turns the hue of one pixel by sextants of the colour circle. */
function turnHue(from: Uint8Array, to: Uint8Array, at: number, sextants: number): void {
  const [red, green, blue] = [from[at] as number, from[at + 1] as number, from[at + 2] as number];
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  if (chroma === 0) {
    to.fill(value, at, at + 3);
    return;
  }
  const hue =
    value === red ? (green - blue) / chroma : value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  // How far each channel stays below the value, for red at hue 0, green at 2 and blue at 4.
  for (let c = 0; c < 3; c++) {
    const off = (((hue + sextants - 2 * c) % 6) + 6) % 6;
    const share = Math.min(1, Math.max(0, Math.min(off, 6 - off) - 1));
    to[at + c] = Math.round(value - chroma * share);
  }
}

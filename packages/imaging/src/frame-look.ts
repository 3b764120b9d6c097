import type { RgbImage } from "@loramill/contracts";
import { distanceBetween, packHashes } from "./hamming.ts";
import { dhash, phash } from "./hashes.ts";
import { lookAt } from "./look.ts";
import { measureQuality } from "./quality.ts";
import { type GreyImage, type Plane, planeToGrey } from "./raster.ts";

/** What a frame of a film is compared by; small, whatever the size of the frame. */
export interface FrameLook {
  /** 0 (no edges at all) to 1 (crisp). */
  readonly sharpness: number;
  /** Mean square of the steps between neighbouring pixels: tells frames of one scene apart that are all soft. */
  readonly detail: number;
  /** pHash and dHash, as four words. */
  readonly words: Uint32Array;
  /** Colours of 64x64 cells. */
  readonly thumbnail: Plane;
}

/** Bits of both hashes (128) and mean levels of colour (0..255) that frames of one look may differ by. */
const SAME_BITS = 6;
const SAME_LEVELS = 4;
/** Smaller differences of sharpness say nothing; detail decides then. */
const SHARPNESS_STEPS = 25;

export function lookAtFrame(image: RgbImage): FrameLook {
  const { grey, thumbnail } = lookAt(image);
  const whole = ({ width, height }: { width: number; height: number }) => ({ left: 0, top: 0, width, height });
  const small = planeToGrey(thumbnail);
  const { sharpness } = measureQuality({
    grey,
    greyWindow: whole(grey),
    thumbnail,
    thumbnailWindow: whole(thumbnail),
  });
  return {
    sharpness,
    detail: measureDetail(grey),
    words: packHashes([phash(small).phash, dhash(small).dhash]),
    thumbnail,
  };
}

function measureDetail({ width, height, data }: GreyImage): number {
  let sum = 0;
  for (let at = width; at < data.length; at++) {
    const value = data[at] as number;
    const across = at % width === 0 ? 0 : value - (data[at - 1] as number);
    const down = value - (data[at - width] as number);
    sum += across * across + down * down;
  }
  return sum / (width * height);
}

/** Which of two frames of one scene is sharper: positive when the first is. */
export function compareSharpness(a: FrameLook, b: FrameLook): number {
  const steps = ({ sharpness }: FrameLook) => Math.round(sharpness * SHARPNESS_STEPS);
  return steps(a) - steps(b) || a.detail - b.detail;
}

/** Mean difference of the colours of two frames, 0..255. */
export function frameDifference(a: FrameLook, b: FrameLook): number {
  const [one, other] = [a.thumbnail.data, b.thumbnail.data];
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += Math.abs((one[at] as number) - (other[at] as number));
  return sum / one.length;
}

/** Whether a person would take two neighbouring frames for the same picture. */
export function looksTheSame(a: FrameLook, b: FrameLook): boolean {
  const bits = distanceBetween(a.words, 0, b.words, 0) + distanceBetween(a.words, 1, b.words, 1);
  return bits <= SAME_BITS && frameDifference(a, b) <= SAME_LEVELS;
}

import { type RgbImage, UserError } from "@loramill/contracts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { damaged, readHeader } from "./read-header.ts";
import { sharp } from "./sharp.ts";

/** One frame of an animated picture. */
export interface AnimationFrame {
  /** From 0. */
  readonly number: number;
  /** When it appears, from the start. */
  readonly seconds: number;
  readonly image: RgbImage;
}

/** Decoded frames in memory at once, in pixels: about 48 MB. */
const CHUNK_PIXELS = 16_000_000;
const MAX_CHUNK = 64;
/** How long a frame without a time of its own stays, as browsers show it. */
const USUAL_MS = 100;

/**
 * All frames of a GIF or animated WebP as RGB without alpha (white behind it), a few at a time. Throws what `readHeader`
 * throws, and `not-animated` for a picture of one frame.
 */
export async function* readAnimation(
  bytes: Uint8Array,
  limits: ReadLimits = defaultLimits,
): AsyncGenerator<AnimationFrame> {
  const header = await readHeader(bytes, limits);
  if (header.frames < 2) {
    throw new UserError("the picture has one frame only: give it as a picture", { code: "not-animated" });
  }
  const { delay = [] } = await sharp(bytes, { limitInputPixels: false }).metadata();
  const chunk = Math.max(1, Math.min(MAX_CHUNK, Math.floor(CHUNK_PIXELS / (header.width * header.height))));
  let milliseconds = 0;
  for (let first = 0; first < header.frames; first += chunk) {
    const count = Math.min(chunk, header.frames - first);
    const images = await decodePages(bytes, first, count, limits).catch((error: unknown) => {
      throw damaged(header.format, bytes, error);
    });
    for (const [index, image] of images.entries()) {
      yield { number: first + index, seconds: milliseconds / 1000, image };
      const shown = delay[first + index] ?? 0;
      milliseconds += shown > 10 ? shown : USUAL_MS;
    }
  }
}

async function decodePages(bytes: Uint8Array, page: number, pages: number, limits: ReadLimits): Promise<RgbImage[]> {
  const { data, info } = await sharp(bytes, { page, pages, limitInputPixels: false, failOn: "error" })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .timeout({ seconds: limits.decodeSeconds })
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  const height = info.height / pages;
  const size = info.width * height * info.channels;
  return Array.from({ length: pages }, (_, n) => {
    const frame = data.subarray(n * size, (n + 1) * size);
    return { width: info.width, height, rgb: info.channels === 3 ? frame : toRgb(frame, info.channels) };
  });
}

/** Of frames with one channel (grey) or two. */
function toRgb(frame: Uint8Array, channels: number): Uint8Array {
  const rgb = new Uint8Array((frame.length / channels) * 3);
  for (let from = 0, to = 0; from < frame.length; from += channels, to += 3)
    rgb.fill(frame[from] as number, to, to + 3);
  return rgb;
}

import { type RgbImage, UserError } from "@loramill/contracts";
import { defaultLimits, type ReadLimits } from "./limits.ts";
import { cropRgb, type Size } from "./raster.ts";
import { damaged, type ImageHeader, readHeader } from "./read-header.ts";
import { type Sharp, sharp } from "./sharp.ts";

/** How new pixels are weighed from old ones, as Pillow does under the same names; its bicubic and bilinear are `cubic` and `linear`. */
export type Kernel = "nearest" | "linear" | "cubic" | "lanczos3";

/**
 * Decodes to upright 8-bit sRGB without alpha (white behind it) at the given size, or as it is. JPEG and WebP are
 * decoded at a fraction of their size where that is enough, unless a kernel is asked for by name: then all pixels go
 * through it. Throws `truncated-image`, `corrupt-image`,
 * `decode-timeout`.
 */
export async function decode(
  bytes: Uint8Array,
  header: ImageHeader,
  size: (Size & { readonly kernel?: Kernel }) | null,
  limits: ReadLimits,
): Promise<RgbImage> {
  const started = performance.now();
  let pipeline: Sharp = sharp(bytes, {
    limitInputPixels: limits.maxPixels,
    failOn: "warning",
    // The header was checked; these are the pixels of a whole animation and of hidden extra planes.
    animated: false,
  }).autoOrient();
  if (header.hasAlpha) pipeline = pipeline.flatten({ background: "#ffffff" });
  if (size !== null) pipeline = pipeline.resize({ ...size, fit: "fill", fastShrinkOnLoad: size.kernel === undefined });
  pipeline = pipeline.toColourspace("srgb").timeout({ seconds: limits.decodeSeconds });
  const { data, info } = await pipeline
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      if (performance.now() - started >= limits.decodeSeconds * 1000) {
        throw new UserError(`the picture took longer than ${limits.decodeSeconds} s to decode`, {
          code: "decode-timeout",
          cause: error,
        });
      }
      throw damaged(header.format, bytes, error);
    });
  return { width: info.width, height: info.height, rgb: info.channels === 3 ? data : toThreeChannels(data, info) };
}

function toThreeChannels(data: Uint8Array, info: { width: number; height: number; channels: number }): Uint8Array {
  const rgb = new Uint8Array(info.width * info.height * 3);
  const blue = info.channels >= 3 ? 2 : 0;
  for (let i = 0, from = 0, to = 0; i < info.width * info.height; i++, from += info.channels, to += 3) {
    rgb[to] = data[from] as number;
    rgb[to + 1] = data[from + (blue === 2 ? 1 : 0)] as number;
    rgb[to + 2] = data[from + blue] as number;
  }
  return rgb;
}

/**
 * Reads any supported picture as RGB. With a size, the picture is stretched (`fill`), cut (`cover`) or scaled to fit
 * inside without being enlarged (`inside`).
 */
export async function readRgb(
  bytes: Uint8Array,
  options: {
    readonly size?: Size & { readonly fit: "fill" | "cover" | "inside"; readonly kernel?: Kernel };
    readonly limits?: ReadLimits;
  } = {},
): Promise<RgbImage> {
  const limits = options.limits ?? defaultLimits;
  const header = await readHeader(bytes, limits);
  const { size } = options;
  if (size === undefined) return decode(bytes, header, null, limits);
  const kernel = size.kernel === undefined ? {} : { kernel: size.kernel };
  const { width, height } = size;
  if (size.fit === "fill") return decode(bytes, header, { width, height, ...kernel }, limits);
  const scales = [size.width / header.width, size.height / header.height] as const;
  const scale = size.fit === "cover" ? Math.max(...scales) : Math.min(1, ...scales);
  const whole = {
    width: Math.max(1, Math.round(header.width * scale)),
    height: Math.max(1, Math.round(header.height * scale)),
    ...kernel,
  };
  const image = await decode(bytes, header, whole, limits);
  if (size.fit === "inside") return image;
  const left = Math.floor((image.width - size.width) / 2);
  const top = Math.floor((image.height - size.height) / 2);
  return cropRgb(image, { left, top, width: size.width, height: size.height });
}

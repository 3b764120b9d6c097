import { type PrepareSettings, type RgbImage, UserError } from "@loramill/contracts";
import type { Size, Window } from "./raster.ts";
import { type Sharp, sharp } from "./sharp.ts";

export type OutputFormat = PrepareSettings["format"];

/** How a finished picture is encoded; what is left out is as the comment says. */
export type PictureEncoding =
  /** Without loss. `compression` 0 (fast) to 9 (small): 6. */
  | { readonly format: "png"; readonly compression?: number | undefined }
  /** `quality` 1 to 100: 90. `lossless` ignores it. */
  | { readonly format: "webp"; readonly quality?: number | undefined; readonly lossless?: boolean | undefined }
  /** `quality` 1 to 100: 92. `chroma` 4:2:0 halves the resolution of colours: 4:4:4. */
  | { readonly format: "jpeg"; readonly quality?: number | undefined; readonly chroma?: "4:4:4" | "4:2:0" | undefined }
  /** `quality` 1 to 100: 65, which looks like JPEG's 92. `effort` 0 (fast) to 9 (small): 4. */
  | { readonly format: "avif"; readonly quality?: number | undefined; readonly effort?: number | undefined };

/**
 * Encodes a finished picture, without any metadata; `writeProvenance` puts in how it was made. UserError `bad-encoding`
 * for a number outside its range.
 */
export async function encodePicture(image: RgbImage, encoding: PictureEncoding): Promise<Uint8Array> {
  const pipeline = openRaw(image);
  switch (encoding.format) {
    case "png":
      return toBytes(pipeline.png({ compressionLevel: within("compression", encoding.compression ?? 6, 0, 9) }));
    case "webp":
      return toBytes(pipeline.webp({ quality: qualityOf(encoding, 90), lossless: encoding.lossless ?? false }));
    case "jpeg":
      return toBytes(
        pipeline.jpeg({ quality: qualityOf(encoding, 92), chromaSubsampling: encoding.chroma ?? "4:4:4" }),
      );
    case "avif":
      return toBytes(
        pipeline.avif({ quality: qualityOf(encoding, 65), effort: within("effort", encoding.effort ?? 4, 0, 9) }),
      );
  }
}

const qualityOf = ({ quality }: { readonly quality?: number | undefined }, otherwise: number): number =>
  within("quality", quality ?? otherwise, 1, 100);

function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UserError(`${name} is a whole number from ${min} to ${max}, not ${value}`, { code: "bad-encoding" });
}

/** Encodes without any metadata. JPEG with full colour resolution; `quality` is 1..100 and not for PNG. */
export function encodeImage(
  image: RgbImage,
  format: OutputFormat,
  options: { readonly quality?: number } = {},
): Promise<Uint8Array> {
  return toBytes(encoderOf(openRaw(image), format, options.quality));
}

/** Cuts a window, scales it to a size where it has another, and encodes. */
export function encodeWindow(image: RgbImage, window: Window, size: Size, format: OutputFormat): Promise<Uint8Array> {
  let pipeline = openRaw(image).extract({ ...window });
  if (window.width !== size.width || window.height !== size.height) {
    pipeline = pipeline.resize({ ...size, fit: "fill" });
  }
  return toBytes(encoderOf(pipeline, format));
}

function openRaw({ width, height, rgb }: RgbImage): Sharp {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

function encoderOf(pipeline: Sharp, format: OutputFormat, quality = 95): Sharp {
  switch (format) {
    case "png":
      return pipeline.png();
    case "webp":
      return pipeline.webp({ quality });
    case "jpeg":
      return pipeline.jpeg({ quality, chromaSubsampling: "4:4:4" });
  }
}

async function toBytes(pipeline: Sharp): Promise<Uint8Array> {
  return pipeline.toBuffer();
}

import type { PrepareSettings, RgbImage } from "@loramill/contracts";
import type { Size, Window } from "./raster.ts";
import { type Sharp, sharp } from "./sharp.ts";

export type OutputFormat = PrepareSettings["format"];

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

import type { PrepareSettings, RgbImage } from "@loramill/contracts";
import type { Size, Window } from "./raster.ts";
import { type Sharp, sharp } from "./sharp.ts";

export type OutputFormat = PrepareSettings["format"];

/** Encodes without any metadata. JPEG and WebP at quality 95, JPEG with full colour resolution. */
export function encodeImage(image: RgbImage, format: OutputFormat): Promise<Uint8Array> {
  return toBytes(encoderOf(openRaw(image), format));
}

/** Cuts a window, scales it to a size where it has another, and encodes. */
export function encodeWindow(image: RgbImage, window: Window, size: Size, format: OutputFormat): Promise<Uint8Array> {
  let pipeline = openRaw(image).extract({ ...window });
  if (window.width !== size.width || window.height !== size.height) {
    pipeline = pipeline.resize({ ...size, fit: "fill" });
  }
  return toBytes(encoderOf(pipeline, format));
}

/** Scales a picture to exactly this size. */
export async function resizeRgb(
  image: RgbImage,
  size: Size,
  kernel: "cubic" | "lanczos3" | "nearest",
): Promise<RgbImage> {
  if (image.width === size.width && image.height === size.height) return image;
  const rgb = await toBytes(
    openRaw(image)
      .resize({ ...size, fit: "fill", kernel })
      .raw(),
  );
  return { ...size, rgb };
}

function openRaw({ width, height, rgb }: RgbImage): Sharp {
  return sharp(rgb, { raw: { width, height, channels: 3 } });
}

function encoderOf(pipeline: Sharp, format: OutputFormat): Sharp {
  switch (format) {
    case "png":
      return pipeline.png();
    case "webp":
      return pipeline.webp({ quality: 95 });
    case "jpeg":
      return pipeline.jpeg({ quality: 95, chromaSubsampling: "4:4:4" });
  }
}

async function toBytes(pipeline: Sharp): Promise<Uint8Array> {
  return pipeline.toBuffer();
}

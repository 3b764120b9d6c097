import type { RgbImage } from "@loramill/contracts";
import { readRgb } from "./decode.ts";
import { encodeImage } from "./encode.ts";
import type { Size } from "./raster.ts";

/** How an engine of pixels gets pictures and hands them out: cut to the size that it draws at, and as PNG. */
export const pictureCodec = {
  encodePng: (image: RgbImage): Promise<Uint8Array> => encodeImage(image, "png"),
  readPicture: (bytes: Uint8Array, { width, height }: Size): Promise<RgbImage> =>
    readRgb(bytes, { size: { width, height, fit: "cover" } }),
};

import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** What a picture may cost before anything of it is decoded. */
export interface ReadLimits {
  readonly maxBytes: number;
  /** Width times height of one frame, as the header states it. */
  readonly maxPixels: number;
  /** Frames of an animation or pages of a TIFF; only the first is used, but the header of each is read. */
  readonly maxFrames: number;
  /** A decode that takes longer is given up. */
  readonly decodeSeconds: number;
}

export const defaultLimits: ReadLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxPixels: 100_000_000,
  maxFrames: 1000,
  decodeSeconds: 60,
};

export const imagingConfig = defineConfig(
  {
    IMAGE_MAX_MEGABYTES: z.coerce
      .number()
      .positive()
      .max(2000)
      .default(256)
      .describe("Largest picture file that is read, in MiB"),
    IMAGE_MAX_MEGAPIXELS: z.coerce
      .number()
      .positive()
      .max(1000)
      .default(100)
      .describe("Largest picture that is decoded, in million pixels (width times height)"),
    IMAGE_MAX_FRAMES: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe("Most frames an animation or pages a TIFF may have; only the first is used"),
    IMAGE_DECODE_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3600)
      .default(60)
      .describe("Longest time one picture may take to decode, in seconds"),
  },
  (env): { readonly limits: ReadLimits } => ({
    limits: {
      maxBytes: Math.floor(env.IMAGE_MAX_MEGABYTES * 1024 * 1024),
      maxPixels: Math.floor(env.IMAGE_MAX_MEGAPIXELS * 1e6),
      maxFrames: env.IMAGE_MAX_FRAMES,
      decodeSeconds: env.IMAGE_DECODE_SECONDS,
    },
  }),
);

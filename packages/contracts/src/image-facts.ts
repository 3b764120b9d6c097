import { z } from "zod";
import { Digest } from "./digest.ts";

/**
 * Hashes as hex. `phash`: 64-bit DCT hash (imagededup variant), `phashMirrored` the same of the mirrored picture;
 * `layout`: mean colours of a 4x4 grid, three bytes each, which tell pictures apart that differ in colour alone.
 */
export const ImageHashes = z.object({
  pixels: Digest,
  phash: z.string().regex(/^[0-9a-f]{16}$/),
  phashMirrored: z.string().regex(/^[0-9a-f]{16}$/),
  dhash: z.string().regex(/^[0-9a-f]{16}$/),
  layout: z
    .string()
    .regex(/^[0-9a-f]{96}$/)
    .optional(),
  /** dHash of the mirrored picture. */
  dhashMirrored: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** PDQ, 256 bits, also of the mirrored picture, and its quality 0..100 (under 50 it says nothing). */
  pdq: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  pdqMirrored: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  pdqQuality: z.int().min(0).max(100).optional(),
  /** Grey 24x24 picture, a hex digit a cell, darkest 0 to brightest f; recognises a picture that was cropped a little. */
  signature: z
    .string()
    .regex(/^[0-9a-f]{576}$/)
    .optional(),
});
export type ImageHashes = z.output<typeof ImageHashes>;

export const QualityFacts = z.object({
  /** 0 (no edges at all) to 1 (crisp), normalised for resolution and contrast; see imaging/sharpness.ts. */
  sharpness: z.number().min(0).max(1),
  /** Mean and 5th..95th percentile spread of luma, 0..255. */
  brightness: z.number(),
  contrast: z.number(),
  /** Share of pixels at or below 2, at or above 253. */
  clippedShadows: z.number().min(0).max(1),
  clippedHighlights: z.number().min(0).max(1),
  /** Hasler and Süsstrunk's colourfulness. */
  colourfulness: z.number().min(0),
  /** Bits of the luma histogram, 0..8. */
  entropyBits: z.number().min(0),
  /** Luma 0..255 that 5 % of the pixels are darker than, and that 1 % are brighter than. */
  shadows: z.number().min(0).max(255).optional(),
  highlights: z.number().min(0).max(255).optional(),
  /**
   * How much fine detail there is for the size that is trained at: about 1 as a camera gives it, under 0.1 where a small
   * picture was enlarged; null where too little is seen to tell. See imaging/detail.ts.
   */
  detail: z.number().min(0).max(4).nullable().optional(),
});
export type QualityFacts = z.output<typeof QualityFacts>;

/** What the describing captioner knows of a picture without a model. */
export const ContentFacts = z.object({
  /** Up to five dominant colours, largest share first; `share` 0..1. */
  palette: z.array(z.object({ rgb: z.string().regex(/^#[0-9a-f]{6}$/), share: z.number() })).max(5),
  /** Name and share of the most common border colour; null when the border is mixed. */
  background: z.object({ rgb: z.string(), share: z.number() }).nullable(),
  /** From EXIF/IPTC/XMP: title, description, keywords, taken at, camera. Empty where there is none. */
  title: z.string().max(512).optional(),
  description: z.string().max(2048).optional(),
  keywords: z.array(z.string().max(128)).max(64).default([]),
  takenAt: z.string().max(64).optional(),
  camera: z.string().max(128).optional(),
});
export type ContentFacts = z.output<typeof ContentFacts>;

/** A human face: its box in pixels of a picture, and how sure it is one, 0..1. */
export const FoundFace = z.object({
  left: z.int().min(0),
  top: z.int().min(0),
  width: z.int().positive(),
  height: z.int().positive(),
  score: z.number().min(0).max(1),
});
export type FoundFace = z.output<typeof FoundFace>;

import { type BlobRef, type PreparedImage, type QualityFacts, sha256Hex } from "@loramill/contracts";

/** Facts of a picture that no check finds fault with. */
export const goodQuality: QualityFacts = {
  sharpness: 0.5,
  brightness: 128,
  contrast: 100,
  clippedShadows: 0,
  clippedHighlights: 0,
  colourfulness: 30,
  entropyBits: 7,
  shadows: 20,
  highlights: 240,
  detail: 1,
};

/** A good picture of 64x64 pixels, prepared as it is. Its bytes are what `pixelsOf` gives of the same path, or the blob given. */
export function preparedPicture(path: string, over: Partial<PreparedImage> = {}, blob = blobOf(path)): PreparedImage {
  return {
    path,
    original: blob,
    width: 64,
    height: 64,
    format: "png",
    hashes: { pixels: blob.sha256, phash: "0".repeat(16), phashMirrored: "0".repeat(16), dhash: "0".repeat(16) },
    quality: goodQuality,
    content: { palette: [{ rgb: "#e01b1b", share: 0.9 }], background: null, keywords: [] },
    prepared: { blob, width: 64, height: 64, crop: { left: 0, top: 0, width: 64, height: 64 }, upscaled: false },
    ...over,
  };
}

export function pixelsOf(path: string): Uint8Array {
  return new TextEncoder().encode(`\u0089PNG of ${path}`);
}

function blobOf(path: string): BlobRef {
  return { sha256: sha256Hex(path), bytes: pixelsOf(path).length, mediaType: "image/png" };
}

import type { BlobStore, Digest } from "@loramill/contracts";
import { encodeImage, readRgb } from "@loramill/imaging";

/** Longer side of the picture that lists and pages show, in pixels. */
const COVER_SIDE = 1024;
const COVER_QUALITY = 88;

/** Bytes of a picture that somebody chose, at most. */
export const MAX_COVER_BYTES = 32 * 1024 * 1024;

/**
 * Stores a picture as a cover: upright, at most 1024 pixels, WebP, without the metadata it came with. Throws UserError with
 * a sentence that fits behind a file name.
 */
export async function storeCover(blobs: Pick<BlobStore, "put">, picture: Uint8Array): Promise<Digest> {
  const image = await readRgb(picture, { size: { width: COVER_SIDE, height: COVER_SIDE, fit: "inside" } });
  const cover = await encodeImage(image, "webp", { quality: COVER_QUALITY });
  return (await blobs.put(cover, { mediaType: "image/webp" })).sha256;
}

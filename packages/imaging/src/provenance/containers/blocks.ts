import type { PngText } from "../../png-text.ts";

/** What of a picture file holds words instead of pixels. */
export interface Blocks {
  /** Texts by keyword; only PNG files have them. */
  readonly texts: readonly PngText[];
  /** EXIF: a TIFF file without a picture, beginning with its byte order. */
  readonly exif: Buffer | null;
  /** XMP: an XML document. */
  readonly xmp: string | null;
}

/** Larger blocks are not read, nor unpacked, in bytes. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/** EXIF as a block of its own: some writers put JPEG's prefix before it wherever it stands. */
export function tiffOf(block: Buffer | null): Buffer | null {
  if (block === null || block.length > MAX_BLOCK_BYTES) return null;
  const tiff = block.toString("latin1", 0, 6) === "Exif\0\0" ? block.subarray(6) : block;
  return /^(?:II\*\0|MM\0\*)/.test(tiff.toString("latin1", 0, 4)) ? tiff : null;
}

export function xmpOf(block: Buffer | null): string | null {
  if (block === null || block.length === 0 || block.length > MAX_BLOCK_BYTES) return null;
  return block.toString("utf8");
}

import { encodeImage, readRgb } from "@loramill/imaging";

/** One megapixel: what vision models look at, at most. */
const SIDE_PIXELS = 1024;
/** Pictures of that size are sent as they were prepared, without decoding them again, unless they are unusually heavy. */
const MAX_BYTES_AS_IS = 4 * 1024 * 1024;

/** Larger pictures are sent as JPEG of at most one megapixel; others as they are. */
export async function shrink(
  picture: { readonly bytes: Uint8Array; readonly mediaType: string },
  size: { readonly width: number; readonly height: number },
): Promise<{ bytes: Uint8Array; mediaType: string }> {
  const isSendable = /^image\/(png|jpeg|webp)$/.test(picture.mediaType);
  const isSmall = size.width <= SIDE_PIXELS && size.height <= SIDE_PIXELS && picture.bytes.length <= MAX_BYTES_AS_IS;
  if (isSendable && isSmall) return picture;
  const image = await readRgb(picture.bytes, { size: { width: SIDE_PIXELS, height: SIDE_PIXELS, fit: "inside" } });
  return { bytes: await encodeImage(image, "jpeg"), mediaType: "image/jpeg" };
}

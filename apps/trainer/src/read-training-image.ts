import type { PocketEngine, RgbImage } from "@loramill/contracts";
import { readRgb } from "@loramill/imaging";

/** Prepared pictures are taken at the size they have, aspect and all; what the model cannot see is cut to a square. */
export async function readTrainingImage(
  bytes: Uint8Array,
  side: number,
  { sideStep }: Pick<PocketEngine["model"], "sideStep">,
): Promise<RgbImage> {
  const image = await readRgb(bytes);
  const isFit = [image.width, image.height].every((size) => size % sideStep === 0 && size <= 2 * side);
  return isFit ? image : readRgb(bytes, { size: { width: side, height: side, fit: "cover" } });
}

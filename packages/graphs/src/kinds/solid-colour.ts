import type { SpecOf } from "@loramill/contracts";
import type { Making } from "../parts/making.ts";
import { saveClip, savePictures } from "../parts/save.ts";

/** Frames of one colour in each format that is asked for. */
export function solidColour(
  making: Making,
  { rgb, width, height, frames, fps, formats }: SpecOf<"solid-colour">,
): void {
  const color = Number.parseInt(rgb.slice(1), 16);
  const [images] = making.draft.add("EmptyImage", { width, height, batch_size: frames, color });
  for (const [index, format] of formats.entries()) {
    if (format === "png") savePictures(making, images, { index, count: frames });
    else saveClip(making, { images, fps, output: { format, privacy: false }, index });
  }
}

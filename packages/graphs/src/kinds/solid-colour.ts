import type { SpecOf } from "@loramill/contracts";
import type { Assembly } from "../parts/assembly.ts";
import { saveClip, savePictures } from "../parts/save.ts";

/** Frames of one colour in each format that is asked for. */
export function solidColour(
  assembly: Assembly,
  { rgb, width, height, frames, fps, formats }: SpecOf<"solid-colour">,
): void {
  const color = Number.parseInt(rgb.slice(1), 16);
  const [images] = assembly.draft.add("EmptyImage", { width, height, batch_size: frames, color });
  for (const [index, format] of formats.entries()) {
    if (format === "png") savePictures(assembly, images, { index, count: frames });
    else saveClip(assembly, { images, fps, output: { format, privacy: false }, index });
  }
}

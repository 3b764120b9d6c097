import type { SpecOf } from "@loramill/contracts";
import type { Assembly } from "../parts/assembly.ts";
import { upscale as enlarge, scaleBy, USUAL_FACTOR } from "../parts/hires.ts";
import { loadImage } from "../parts/load-inputs.ts";
import { savePictures } from "../parts/save.ts";
import { factorOf, USUAL_UPSCALER } from "../spec/usual-choices.ts";

/** A picture made larger: by a model as many times as it does, then scaled to what was asked for. */
export function upscale(
  assembly: Assembly,
  { image: input, upscaler = USUAL_UPSCALER, scale }: SpecOf<"upscale">,
): void {
  const large = enlarge(assembly, loadImage(assembly, input)[0], upscaler);
  const done = factorOf(upscaler) ?? USUAL_FACTOR;
  const scaled = { image: large, upscale_method: "lanczos", scale_by: scaleBy(scale, done) };
  savePictures(assembly, done === scale ? large : assembly.draft.add("ImageScaleBy", scaled)[0]);
}

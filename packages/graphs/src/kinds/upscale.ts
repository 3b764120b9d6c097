import type { SpecOf } from "@loramill/contracts";
import { upscale as enlarge, scaleBy, USUAL_FACTOR } from "../parts/hires.ts";
import { loadImage } from "../parts/load-inputs.ts";
import type { Making } from "../parts/making.ts";
import { savePictures } from "../parts/save.ts";
import { factorOf, USUAL_UPSCALER } from "../spec/usual-choices.ts";

/** A picture made larger: by a model as many times as it does, then scaled to what was asked for. */
export function upscale(making: Making, { image: input, upscaler = USUAL_UPSCALER, scale }: SpecOf<"upscale">): void {
  const large = enlarge(making, loadImage(making, input)[0], upscaler);
  const done = factorOf(upscaler) ?? USUAL_FACTOR;
  const scaled = { image: large, upscale_method: "lanczos", scale_by: scaleBy(scale, done) };
  savePictures(making, done === scale ? large : making.draft.add("ImageScaleBy", scaled)[0]);
}

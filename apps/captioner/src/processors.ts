import type { InputOf, JobContext } from "@loramill/contracts";
import { type CaptionerDeps, captionImages } from "./caption-images.ts";

/** The processors of the queue `caption`, for a worker of its own or for the mill. */
export function createCaptionerProcessors(deps: CaptionerDeps) {
  return {
    "caption-images": (input: InputOf<"caption-images">, ctx: JobContext) => captionImages(input, deps, ctx),
  };
}

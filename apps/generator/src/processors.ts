import type { InputOf, JobContext } from "@loramill/contracts";
import { type GeneratorDeps, generateImages } from "./generate-images.ts";

/** The processors of the queue `generate`, for a worker of its own or for the mill. */
export function createGeneratorProcessors(deps: GeneratorDeps) {
  return {
    "generate-images": (input: InputOf<"generate-images">, ctx: JobContext) => generateImages(input, deps, ctx),
  };
}

import { createPocketGeneration } from "@loramill/backends";
import type { Clock, GenerationBackend, PocketEngine, Stores } from "@loramill/contracts";
import { encodeImage } from "@loramill/imaging";

export interface GenerationBackendParts {
  readonly engine: PocketEngine;
  readonly stores: Stores;
  readonly clock: Clock;
}

/** The generation backends of this installation, in the order in which `auto` tries them. */
export function openGenerationBackends({
  engine,
  stores,
  clock,
}: GenerationBackendParts): readonly GenerationBackend[] {
  return [createPocketGeneration({ engine, stores, clock, encodePng: (image) => encodeImage(image, "png") })];
}

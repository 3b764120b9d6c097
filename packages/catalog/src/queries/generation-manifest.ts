import { type Digest, digestOf } from "@loramill/contracts";
import type { generations } from "../schema/library.ts";

type Row = typeof generations.$inferSelect;

/** Digest of what a generation is and was made with: equal for equal pictures of equal settings, whichever run made them. */
export function generationManifest(row: Row): Digest {
  const { sha256, prompt, negativePrompt, seed, steps, guidance, sampler, width, height, loras, baseModel, backend } =
    row;
  const drawn = { prompt, negativePrompt, seed, steps, guidance, sampler, width, height, loras, baseModel, backend };
  return digestOf({ format: "loramill-generation/1", image: sha256, ...drawn });
}

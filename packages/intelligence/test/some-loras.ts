import type { LoraFacts } from "../src/index.ts";

/** A LoRA of which nothing is known but what is given here. */
export function loraOf(name: string, known: Partial<LoraFacts> = {}): LoraFacts {
  return {
    id: `lora_${name}`,
    name,
    family: "sdxl",
    triggerWords: [],
    tags: [],
    description: "",
    captionTags: {},
    lineage: [],
    embedding: null,
    coverEmbedding: null,
    ratings: null,
    bestStrength: null,
    usualStrength: null,
    ...known,
  };
}

export const someLoras: readonly LoraFacts[] = [
  loraOf("anime-lines", { tags: ["anime", "manga"] }),
  loraOf("ghost-house", { tags: ["ghibli", "anime"], ratings: { average: 4.8, count: 30 } }),
  loraOf("my-cat", { triggerWords: ["ohwx cat"], tags: ["cat"], usualStrength: 1 }),
  loraOf("film-grain", { tags: ["photo", "realistic"], bestStrength: { strength: 0.6, ratings: 8 } }),
  loraOf("deep-forest", { tags: ["forest", "misty"], description: "misty forest scenes", captionTags: { forest: 1 } }),
  loraOf("flux-anime", { family: "flux", tags: ["anime", "manga"] }),
  loraOf("old-anime", { family: "unknown", tags: ["anime", "manga"] }),
];

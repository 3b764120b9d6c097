import type { LoraReason } from "@loramill/contracts";
import { cosine } from "./cosine.ts";
import type { Embedding, LoraFacts } from "./lora-facts.ts";

/** Log-odds that the closest embedding is worth at most. */
const MOST_POINTS = 2;

/**
 * What of a LoRA is compared with the prompt, and the cosines of what has nothing to do with it and of what says the same,
 * in spaces such as CLIP's: texts lie close to one another there, pictures far from all texts (Liang et al., "Mind the gap",
 * 2022), so that a picture at 0.3 is as good as a text at 0.9. Set by hand.
 */
const COMPARED = [
  { what: "its words and captions lie", of: (facts: LoraFacts) => facts.embedding, strange: 0.6, same: 0.9 },
  { what: "its cover lies", of: (facts: LoraFacts) => facts.coverEmbedding, strange: 0.18, same: 0.32 },
] as const;

/** The closer of a LoRA's words and its cover; null where neither can be compared with the prompt. */
export function byEmbedding(facts: LoraFacts, prompt: Embedding | null): LoraReason | null {
  const reasons = COMPARED.flatMap(({ what, of, strange, same }) => {
    const likeness = cosineOf(of(facts), prompt);
    if (likeness === null) return [];
    const share = Math.min(1, Math.max(0, (likeness - strange) / (same - strange)));
    const text = `${what} close to the prompt (cosine ${likeness.toFixed(2)})`;
    return { kind: "embedding" as const, points: MOST_POINTS * share, text, words: [] };
  });
  return reasons.sort((a, b) => b.points - a.points)[0] ?? null;
}

/** One sentence on what LoRAs were compared with the prompt by. */
export function sayComparison(loras: readonly LoraFacts[], prompt: Embedding | null): string {
  if (prompt === null) return "LoRAs are compared with the prompt by words alone: there is no embedding of it";
  const comparable = loras.filter((facts) => COMPARED.some(({ of }) => cosineOf(of(facts), prompt) !== null));
  return `LoRAs are compared with the prompt by words and by ${prompt.model} (${comparable.length} of ${loras.length} have an embedding)`;
}

function cosineOf(one: Embedding | null, other: Embedding | null): number | null {
  return one === null || other === null || one.model !== other.model ? null : cosine(one.vector, other.vector);
}

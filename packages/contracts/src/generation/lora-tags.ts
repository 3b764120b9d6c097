import type { LoraUse } from "./generation-parts.ts";

/** `<lora:name:weight>` or `<lora:name:weight:textWeight>`, as AUTOMATIC1111's web UI writes it; no weight means 1. */
const TAG = /<lora:([^:<>]{1,256})(?::(-?[\d.]+))?(?::(-?[\d.]+))?>/g;

export interface TaggedPrompt {
  readonly text: string;
  readonly loras: readonly LoraUse[];
}

/** A prompt without its tags, and the LoRAs that they name. */
export function readLoraTags(prompt: string): TaggedPrompt {
  const loras = [...prompt.matchAll(TAG)].map(([, lora = "", weight = "1", textWeight]) => ({
    lora: lora.trim(),
    strength: Number(weight),
    ...(textWeight === undefined ? {} : { textStrength: Number(textWeight) }),
  }));
  if (loras.length === 0) return { text: prompt, loras };
  return { text: prompt.replace(TAG, "").replace(/ {2,}/g, " ").trim(), loras };
}

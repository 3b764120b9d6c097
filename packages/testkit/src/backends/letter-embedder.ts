import type { ImageTextEmbedder } from "@loramill/contracts";

/**
 * Pictures and texts as points by the letters in them: a picture whose bytes are a text lies close to texts of the same
 * letters. Deterministic, and good for nothing but tests.
 */
export function createLetterEmbedder(options: { readonly maxTokens?: number } = {}): ImageTextEmbedder & {
  /** How many texts were embedded so far. */
  readonly embedded: number;
} {
  let embedded = 0;
  const embed = (text: string): Float32Array => {
    const point = new Float32Array(26);
    for (const letter of text.toLowerCase()) {
      const at = letter.charCodeAt(0) - 97;
      if (at >= 0 && at < 26) point[at] = (point[at] as number) + 1;
    }
    const length = Math.hypot(...point) || 1;
    return point.map((value) => value / length);
  };
  return {
    id: "letters/1",
    maxTokens: options.maxTokens ?? 77,
    isAvailable: async () => ({ available: true, message: "compares letters" }),
    get embedded() {
      return embedded;
    },
    embedImage: async (picture) => embed(new TextDecoder().decode(picture)),
    embedTexts: async (texts) => {
      embedded += texts.length;
      return texts.map(embed);
    },
  };
}

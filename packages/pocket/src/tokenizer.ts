import type { ModelDescription } from "./model-files.ts";

/** Text to ids, always `textTokens` of them. */
export type Tokenizer = (text: string) => BigInt64Array;

/**
 * Known words have their place in the vocabulary, all others share the hashed ids, so a trigger word needs no
 * vocabulary. Padding is 0; nothing but padding is the unconditional text. Text is composed (NFC) first, so that a
 * trigger word is the same one however its accents were typed.
 */
export function createTokenizer({ text, dimensions }: ModelDescription): Tokenizer {
  const ids = new Map(text.vocabulary.map((word, index) => [word, index + 1]));
  const ignored = new Set(text.ignored);
  return (prompt) => {
    const words = splitWords(prompt).filter((word) => !ignored.has(word));
    const tokens = new BigInt64Array(dimensions.textTokens);
    words.slice(0, dimensions.textTokens).forEach((word, place) => {
      tokens[place] = BigInt(ids.get(word) ?? text.firstHashed + (fnv1a32(word) % text.hashed));
    });
    return tokens;
  };
}

/** Lower-case runs of letters, digits, marks and underscores. */
export function splitWords(text: string): string[] {
  return (
    text
      .normalize("NFC")
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}_]+/gu) ?? []
  );
}

/** FNV-1a over the UTF-8 bytes, 32 bits. */
export function fnv1a32(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash >>> 0;
}

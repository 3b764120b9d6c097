import { tidy } from "./clean-caption.ts";

/** Longer parts are sentences, not tags, in words. */
const MAX_TAG_WORDS = 6;

/**
 * A text as a list of short tags: cut at commas, sentence ends and joining words, without articles, each once. Parts that
 * stay longer than a tag are cut at their prepositions, which are kept.
 */
export function asTags(text: string): string {
  const seen = new Set<string>();
  const tags: string[] = [];
  for (const part of text.split(/\s*[,;]\s*|(?<=[.!?])\s+|\s+(?:and|while|which|that|who|where)\s+/i)) {
    for (const piece of part.split(/\s+/).length > MAX_TAG_WORDS ? cutLong(part) : [part]) {
      const tag = tidy(
        piece
          .toLowerCase()
          .replaceAll("_", " ")
          .replace(/^\s*(?:(?:an?|the|is|are|it|its|there)\s+)+/, ""),
      );
      if (tag === "" || seen.has(tag)) continue;
      seen.add(tag);
      tags.push(tag);
    }
  }
  return tags.join(", ");
}

/** Sentences out of a list of tags: underscores and doubled parts go, the list stays a list. */
export function asProse(text: string): string {
  return text.replaceAll(/(?<=\p{L})_(?=\p{L})/gu, " ");
}

function cutLong(part: string): string[] {
  return part.split(/\s+(?=(?:in|on|at|with|near|beside|behind|under|over|against|next to|in front of)\s)/i);
}

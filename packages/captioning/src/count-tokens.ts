import { isCommonWord } from "./common-words.ts";

export type Tokenizer = "clip" | "t5";

/** Tokens that stand around every text: CLIP marks its start and its end, T5 its end. */
export const MARK_TOKENS = { clip: 2, t5: 1 } as const satisfies Record<Tokenizer, number>;

/** CLIP splits a text so before it looks for pairs: endings, runs of letters, single digits, runs of anything else. */
const PIECES = /'(?:s|t|re|ve|m|ll|d)\b|\p{L}+|\p{N}|[^\s\p{L}\p{N}]/gu;

/**
 * How many tokens a text has at most, without the marks around it. The exact count needs the model's vocabulary, which is
 * not part of this program and is used where its file is configured; this is an estimate on the safe side: common words count once, other words one token per two
 * letters (one per letter where no vowel suggests that the pieces are usual ones), digits and signs one each, other
 * scripts one per byte. Real captions have about two thirds of it.
 */
export function estimateTokens(text: string, tokenizer: Tokenizer = "clip"): number {
  let tokens = 0;
  for (const [piece] of text.toLowerCase().matchAll(PIECES)) tokens += tokensOf(piece, tokenizer);
  return tokens;
}

function tokensOf(piece: string, tokenizer: Tokenizer): number {
  if (!/^[a-z]+$/.test(piece)) {
    // `'s` and the like are one token for CLIP, two or three pieces for T5; others fall apart into their bytes at worst.
    if (piece.startsWith("'") && piece.length > 1) return tokenizer === "clip" ? 1 : piece.length;
    return Buffer.byteLength(piece);
  }
  // T5 marks the space before a word and has the mark apart from some of the shortest words, and from rare ones.
  if (isCommonWord(piece)) return tokenizer === "t5" && piece.length === 1 ? 2 : 1;
  const pieces = /[aeiouy]/.test(piece) ? Math.ceil(piece.length / 2) : piece.length;
  return tokenizer === "t5" ? pieces + 1 : pieces;
}

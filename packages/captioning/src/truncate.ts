import { estimateTokens, type Tokenizer } from "./count-tokens.ts";
import { countWords } from "./phrases.ts";

/** How long a caption may be; everything that is given holds. */
export interface LengthLimits {
  readonly maxWords: number;
  readonly maxCharacters?: number | undefined;
  /** Without the marks around a text: 75 for CLIP. */
  readonly maxTokens?: number | undefined;
  readonly tokenizer?: Tokenizer | undefined;
  /** Counts exactly, where the model's vocabulary is at hand; left out, tokens are estimated. */
  readonly countTokens?: ((text: string) => number) | undefined;
}

export function fits(text: string, limits: LengthLimits): boolean {
  const { maxTokens, tokenizer, countTokens: count = (words: string) => estimateTokens(words, tokenizer) } = limits;
  return (
    countWords(text) <= limits.maxWords &&
    (limits.maxCharacters === undefined || text.length <= limits.maxCharacters) &&
    (maxTokens === undefined || count(text) <= maxTokens)
  );
}

/**
 * The longest beginning of `text`, in whole words, with which `render` makes a text that fits; empty when none does. A text
 * grows with its words, so the place is found by halving.
 */
export function longestFitting(text: string, render: (beginning: string) => string, limits: LengthLimits): string {
  if (fits(render(text), limits)) return text;
  const words = text.split(/\s+/);
  let low = 0;
  let high = words.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(render(words.slice(0, middle).join(" ")), limits)) low = middle;
    else high = middle;
  }
  return words.slice(0, low).join(" ");
}

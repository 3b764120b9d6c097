/** One word of a prompt as the rules see it. */
export interface Word {
  /** Lower-case and composed (NFC). */
  readonly text: string;
  /** UTF-16 units in the text it was read from; `end` is not part of it. */
  readonly start: number;
  readonly end: number;
  /** What the prompt's brackets multiply it by: 1.1 per `(…)`, 1/1.1 per `[…]`, or as `(…:1.4)` says; 0 to 4. */
  readonly emphasis: number;
  /** Counts parts of the text between commas, full stops and line ends. */
  readonly clause: number;
  /** Whether it follows `no` or `without`, so that the picture is not to show it. */
  readonly negated: boolean;
}

/** LoRA calls such as `<lora:name:0.8>` are instructions to a tool, not words about the picture. */
const TOKEN = /<[^<>]{1,200}>|\p{L}[\p{L}\p{M}\p{N}'’]*|\p{N}[\p{N}\p{L}]*|:\s*\d+(?:\.\d+)?\s*\)|[()[\],;.!?\n]/gu;
const NEGATIONS = new Set(["no", "without", "not", "never"]);
/** `no people in the street` refuses the people, not the street: this many words after the negation. */
const NEGATED_WORDS = 2;
const BRACKET = 1.1;
const MAX_EMPHASIS = 4;

/** The words of a prompt in order. Underscores and hyphens part words, so `long_hair` is found as `long hair`. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  const open: { readonly kind: "(" | "["; readonly from: number }[] = [];
  let clause = 0;
  let negatedUntil = -1;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const first = token[0] ?? "";
    if (first === "<") continue;
    if (first === "(" || first === "[") open.push({ kind: first, from: words.length });
    else if (first === ":" || first === ")" || first === "]") closeBracket(words, open.pop(), first, token);
    else if (/[,;.!?\n]/.test(first)) {
      clause += 1;
      negatedUntil = -1;
    } else {
      const lower = token.toLowerCase().normalize("NFC").replaceAll("’", "'");
      const isNegation = NEGATIONS.has(lower);
      const negated = !isNegation && words.length <= negatedUntil;
      if (isNegation) negatedUntil = words.length + NEGATED_WORDS;
      words.push({ text: lower, start: match.index, end: match.index + token.length, emphasis: 1, clause, negated });
    }
  }
  return words;
}

function closeBracket(
  words: Word[],
  opened: { readonly kind: "(" | "["; readonly from: number } | undefined,
  first: string,
  token: string,
): void {
  if (opened === undefined) return;
  const said = first === ":" ? Number(token.replace(/[^\d.]/g, "")) : undefined;
  const factor = said ?? (opened.kind === "(" ? BRACKET : 1 / BRACKET);
  for (let at = opened.from; at < words.length; at += 1) {
    const word = words[at];
    if (word !== undefined) words[at] = { ...word, emphasis: Math.min(MAX_EMPHASIS, word.emphasis * factor) };
  }
}

/** The singular where a word looks like a plural; else the word. */
export function singular(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:ch|sh|x|ss)es$/.test(word)) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith("s") && !/(?:ss|us|is)$/.test(word)) return word.slice(0, -1);
  return word;
}

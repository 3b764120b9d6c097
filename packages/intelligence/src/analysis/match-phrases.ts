import { singular, type Word } from "./words.ts";

/** A phrase of a table that was found: which words of the prompt it covers. */
export interface PhraseMatch<T> {
  readonly entry: T;
  readonly words: readonly Word[];
}

/** Phrases by their first word, longest first. */
export type PhraseTable<T> = ReadonlyMap<string, readonly { readonly parts: readonly string[]; readonly entry: T }[]>;

/** Phrases are split as prompts are: by spaces, hyphens and underscores, lower-case. */
export function phraseTable<T>(phrases: Iterable<readonly [phrase: string, entry: T]>): PhraseTable<T> {
  const table = new Map<string, { parts: readonly string[]; entry: T }[]>();
  for (const [phrase, entry] of phrases) {
    const parts = phrase
      .toLowerCase()
      .split(/[\s_-]+/)
      .filter((part) => part !== "");
    const [head] = parts;
    if (head === undefined) continue;
    const same = table.get(head);
    if (same === undefined) table.set(head, [{ parts, entry }]);
    else same.push({ parts, entry });
  }
  for (const entries of table.values()) entries.sort((a, b) => b.parts.length - a.parts.length);
  return table;
}

/** Every place where a phrase stands; of phrases that begin at the same word, the longest ones alone. */
export function matchPhrases<T>(words: readonly Word[], table: PhraseTable<T>): PhraseMatch<T>[] {
  const found: PhraseMatch<T>[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const first = words[at];
    if (first === undefined) continue;
    const candidates = table.get(first.text) ?? table.get(singular(first.text)) ?? [];
    const fitting = candidates.filter(({ parts }) => parts.every((part, n) => isWord(words[at + n], part, first)));
    const longest = fitting[0]?.parts.length ?? 0;
    for (const { parts, entry } of fitting) {
      if (parts.length === longest) found.push({ entry, words: words.slice(at, at + longest) });
    }
  }
  return found;
}

/** A phrase does not reach over a comma. */
function isWord(word: Word | undefined, part: string, first: Word): boolean {
  return word !== undefined && word.clause === first.clause && (word.text === part || singular(word.text) === part);
}

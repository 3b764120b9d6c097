/** A pattern for a phrase as whole words, whatever its case and whatever script it is in. */
function wholePhrase(phrase: string, flags: string): RegExp {
  const escaped = phrase
    .trim()
    .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replace(/\s+/g, "\\s+");
  return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, `${flags}iu`);
}

export function mentions(text: string, phrase: string): boolean {
  return phrase.trim() !== "" && wholePhrase(phrase, "").test(text);
}

/** The text after the phrase when it begins with it (`, sitting` of `sks, sitting`), else null. */
export function afterLeading(text: string, phrase: string): string | null {
  const found = wholePhrase(phrase, "").exec(text);
  return found?.index === 0 ? text.slice(found[0].length) : null;
}

export function removePhrase(text: string, phrase: string): string {
  return text.replace(wholePhrase(phrase, "g"), "");
}

export function replacePhrase(text: string, phrase: string, by: string): string {
  return text.replace(wholePhrase(phrase, "g"), () => by);
}

export function withArticle(noun: string): string {
  return /^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`;
}

export function joinWithAnd(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

import { STOP_WORDS } from "./stop-words.ts";

/** What language a text is in; `code` is null where its words do not tell. */
export interface DetectedLanguage {
  readonly code: string | null;
  /** 0 to 1: the share of the telling letters or words that speak for it. */
  readonly confidence: number;
}

/** Scripts that tell the language by themselves; kana before Han, since Japanese uses both. */
const SCRIPTS: readonly (readonly [code: string, letters: RegExp])[] = [
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ["zh", /\p{Script=Han}/gu],
  ["ko", /\p{Script=Hangul}/gu],
  ["uk", /[іїєґ]/giu],
  ["ru", /\p{Script=Cyrillic}/gu],
  ["ar", /\p{Script=Arabic}/gu],
  ["he", /\p{Script=Hebrew}/gu],
  ["el", /\p{Script=Greek}/gu],
  ["hi", /\p{Script=Devanagari}/gu],
  ["th", /\p{Script=Thai}/gu],
];
const WHOLE_SCRIPTS: Readonly<Record<string, RegExp>> = {
  ja: /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu,
  uk: /\p{Script=Cyrillic}/gu,
};
/** Fewer letters of another script are a name or an ornament in a Latin text. */
const LEAST_SCRIPT_SHARE = 0.3;
/** A word of a known English vocabulary speaks for English, but less than a stop word: such words travel. */
const KNOWN_WORD = 0.5;

/**
 * Language of a short text: by script where that tells, else by stop words and letters that only some languages use. Lists
 * of tags have neither; `knownEnglish` (words of the text that the English vocabulary knows) then tells.
 */
export function detectLanguage(text: string, words: readonly string[], knownEnglish: number): DetectedLanguage {
  return byScript(text) ?? byWords(text, words, knownEnglish);
}

function byScript(text: string): DetectedLanguage | null {
  const letters = text.match(/[\p{L}\p{M}]/gu) ?? [];
  const count = (pattern: RegExp) => letters.join("").match(pattern)?.length ?? 0;
  for (const [code, pattern] of SCRIPTS) {
    // A few kana, or one letter of Ukrainian alone, tell which of the languages of a script it is.
    const script = WHOLE_SCRIPTS[code] ?? pattern;
    const share = count(pattern) > 0 ? count(script) / letters.length : 0;
    if (share >= LEAST_SCRIPT_SHARE) return { code, confidence: share };
  }
  return null;
}

function byWords(text: string, words: readonly string[], knownEnglish: number): DetectedLanguage {
  const scores = STOP_WORDS.map(({ code, words: own, letters }) => {
    const stops = words.filter((word) => own.has(word)).length;
    const marks = letters === null ? 0 : (text.match(letters)?.length ?? 0);
    return { code, score: stops + marks + (code === "en" ? knownEnglish * KNOWN_WORD : 0) };
  }).sort((a, b) => b.score - a.score);
  const [best, second] = scores;
  if (best === undefined || best.score === 0 || best.score === second?.score) return { code: null, confidence: 0 };
  return { code: best.code, confidence: best.score / (best.score + (second?.score ?? 0)) };
}

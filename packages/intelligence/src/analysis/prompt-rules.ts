import { MAX_PROMPT_LENGTH, type PromptAnalysis, type PromptTexts } from "@loramill/contracts";
import { detectLanguage } from "./detect-language.ts";
import { findConflicts } from "./find-conflicts.ts";
import { findFacet } from "./find-facets.ts";
import { findIntent } from "./find-intent.ts";
import { rateComplexity } from "./rate-complexity.ts";
import { wordsOf } from "./words.ts";

/**
 * What a prompt asks for, by tables of words: the same prompt always gives the same answer, and every finding names its
 * words. What stands behind `MAX_PROMPT_LENGTH` characters is not looked at.
 */
export function analysePrompt(texts: PromptTexts): PromptAnalysis {
  const text = texts.prompt.slice(0, MAX_PROMPT_LENGTH);
  const negative = texts.negativePrompt.slice(0, MAX_PROMPT_LENGTH);
  const words = wordsOf(text);
  const subject = findFacet("subject", words, { text });
  const style = findFacet("style", words, { text });
  const medium = findFacet("medium", words, { text });
  const lighting = findFacet("lighting", words, { text });
  const composition = findFacet("composition", words, { text });
  const known = [subject, style, medium, lighting, composition].flat().flatMap(({ words: own }) => own);
  const knownStarts = new Set(known.map(({ start }) => start));
  const language = detectLanguage(
    text,
    words.map((word) => word.text),
    knownStarts.size,
  );
  return {
    subject,
    style,
    medium,
    lighting,
    composition,
    intent: findIntent(words, text, subject),
    complexity: rateComplexity(words, { subject, others: [style, medium, lighting, composition] }),
    conflicts: findConflicts({ style, medium, lighting, composition }, { prompt: text, negativePrompt: negative }),
    language,
    notes: notesOn(texts, language.code, knownStarts.size),
    source: "rules",
    fallbackReason: null,
  };
}

function notesOn(texts: PromptTexts, language: string | null, known: number): string[] {
  return [
    ...(texts.prompt.length > MAX_PROMPT_LENGTH
      ? [`only the first ${MAX_PROMPT_LENGTH} characters were looked at`]
      : []),
    ...(language !== null && language !== "en"
      ? [`the prompt seems to be in ${language}; the rules know English words, a language model (LLM_URL) finds more`]
      : []),
    ...(language === "en" && known === 0 ? ["no word of the prompt is in the rules' vocabulary"] : []),
  ];
}

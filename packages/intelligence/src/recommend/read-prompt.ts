import type { PromptAnalysis, PromptWords } from "@loramill/contracts";
import { FUNCTION_WORDS } from "../analysis/function-words.ts";
import { singular, type Word, wordsOf } from "../analysis/words.ts";
import type { Embedding } from "./lora-facts.ts";

/** A prompt as LoRAs are compared with it. */
export interface ReadPrompt {
  readonly analysis: PromptAnalysis;
  readonly embedding: Embedding | null;
  /** Words that the picture is to show, in order. */
  readonly words: readonly (Word & { readonly term: string })[];
  /** By term, without those that say nothing: emphasis (the strongest) and where it stands. */
  readonly terms: ReadonlyMap<string, { readonly emphasis: number; readonly words: readonly PromptWords[] }>;
}

export function readPrompt(prompt: string, analysis: PromptAnalysis, embedding: Embedding | null): ReadPrompt {
  const words = wordsOf(prompt)
    .filter(({ negated }) => !negated)
    .map((word) => ({ ...word, term: singular(word.text) }));
  const terms = new Map<string, { emphasis: number; words: PromptWords[] }>();
  for (const { text, term, start, end, emphasis } of words) {
    if (FUNCTION_WORDS.has(text)) continue;
    const known = terms.get(term) ?? { emphasis: 0, words: [] };
    known.emphasis = Math.max(known.emphasis, emphasis);
    known.words.push({ in: "prompt", start, end, text: prompt.slice(start, end) });
    terms.set(term, known);
  }
  return { analysis, embedding, words, terms };
}

/** The prompt as if these words did not stand in it; an embedding of the whole cannot be taken apart and stays. */
export function withoutTerm(prompt: ReadPrompt, term: string): ReadPrompt {
  const gone = new Set(prompt.words.filter((word) => word.term === term).map(({ start }) => start));
  const terms = new Map(prompt.terms);
  terms.delete(term);
  const lacks = ({ words }: { readonly words: readonly PromptWords[] }) =>
    !words.some(({ start, end }) => [...gone].some((at) => at >= start && at < end));
  return {
    ...prompt,
    words: prompt.words.filter((word) => word.term !== term),
    terms,
    analysis: {
      ...prompt.analysis,
      style: prompt.analysis.style.filter(lacks),
      subject: prompt.analysis.subject.filter(lacks),
    },
  };
}

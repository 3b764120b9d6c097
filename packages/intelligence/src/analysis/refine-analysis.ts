import type {
  AnalystAnswer,
  FacetValue,
  PromptAnalysis,
  PromptFacet,
  PromptFinding,
  PromptTexts,
  PromptWords,
} from "@loramill/contracts";
import { findConflicts } from "./find-conflicts.ts";
import { levelOf } from "./rate-complexity.ts";

/** More findings of a facet than this are a list of everything, not an answer. */
const MOST_FINDINGS = 5;
/** A model is mostly right about languages, and sure of itself when it is not. */
const LANGUAGE_CONFIDENCE = 0.9;

/**
 * The rules' analysis with a language model's answer over it. Only findings whose words stand in the prompt are taken; a
 * facet without any keeps what the rules found. Null where the model quoted nothing that is there: then it did not read.
 */
export function refineAnalysis(
  rules: PromptAnalysis,
  texts: PromptTexts,
  { answer, source }: { readonly answer: AnalystAnswer; readonly source: string },
): PromptAnalysis | null {
  const taken = <F extends "subject" | "style" | "medium" | "lighting" | "composition">(facet: F) =>
    locate<F>(answer[facet] as readonly Quote<F>[], texts.prompt);
  const found = {
    subject: taken("subject"),
    style: taken("style"),
    medium: taken("medium"),
    lighting: taken("lighting"),
    composition: taken("composition"),
  };
  const isRead = Object.values(found).some((findings) => findings.length > 0);
  if (!isRead) return null;
  const kept = {
    subject: found.subject.length > 0 ? found.subject : rules.subject,
    style: found.style.length > 0 ? found.style : rules.style,
    medium: found.medium.length > 0 ? found.medium : rules.medium,
    lighting: found.lighting.length > 0 ? found.lighting : rules.lighting,
    composition: found.composition.length > 0 ? found.composition : rules.composition,
  };
  return {
    ...rules,
    ...kept,
    intent: [{ value: answer.intent, weight: 1, words: kept.subject[0]?.words ?? [] }],
    complexity: complexityOf(answer.complexity, source) ?? rules.complexity,
    conflicts: findConflicts(kept, texts),
    language: /^[a-z]{2}$/.test(answer.language)
      ? { code: answer.language, confidence: Math.max(LANGUAGE_CONFIDENCE, sameAs(rules.language, answer.language)) }
      : rules.language,
    notes: [],
    source,
  };
}

type Quote<F extends PromptFacet> = { readonly value: FacetValue<F>; readonly words: string };

/** Findings with the place of their words; of one value all words together. What is not in the prompt is left out. */
function locate<F extends PromptFacet>(quotes: readonly Quote<F>[], prompt: string): PromptFinding<F>[] {
  // Letters whose lower case is longer would shift every place behind them: then only exact quotes are found.
  const folded = prompt.toLowerCase();
  const isShifted = folded.length !== prompt.length;
  const text = isShifted ? prompt : folded;
  const found = new Map<FacetValue<F>, PromptWords[]>();
  for (const { value, words } of quotes) {
    const quote = isShifted ? words.trim() : words.trim().toLowerCase();
    const start = quote === "" ? -1 : text.indexOf(quote);
    if (start === -1) continue;
    const end = start + quote.length;
    found.set(value, [...(found.get(value) ?? []), { in: "prompt", start, end, text: prompt.slice(start, end) }]);
  }
  return [...found].slice(0, MOST_FINDINGS).map(([value, words]) => ({ value, weight: 1, words }) as PromptFinding<F>);
}

function complexityOf(said: number, source: string): PromptAnalysis["complexity"] | null {
  if (!(said >= 0 && said <= 1)) return null;
  return { score: said, level: levelOf(said), reasons: [{ text: `${source} says so`, points: said }] };
}

const sameAs = (language: PromptAnalysis["language"], code: string): number =>
  language.code === code ? language.confidence : 0;

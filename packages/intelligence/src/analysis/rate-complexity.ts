import type { ComplexityLevel, PromptAnalysis, PromptFinding } from "@loramill/contracts";
import { FUNCTION_WORDS } from "./function-words.ts";
import type { Word } from "./words.ts";

/** From this score on a prompt is moderate, and complex. */
const MODERATE = 0.3;
const COMPLEX = 0.6;

/** Words that put things in relation to one another: each relation is one more thing to get right. */
const RELATIONS = new Set(
  "behind beside between under above over through around beneath inside near holding riding wearing facing fighting chasing carrying hugging surrounded reflecting while with against".split(
    " ",
  ),
);

interface Found {
  readonly subject: readonly PromptFinding[];
  readonly others: readonly (readonly PromptFinding[])[];
}

/**
 * How much a picture has to get right, 0 to 1: half of it by how many different content words there are, the rest by
 * things shown, relations between them and facets that are prescribed. Every part has a ceiling, so padding with quality
 * words does not make a prompt complex. The points of the reasons add up to the score.
 */
export function rateComplexity(words: readonly Word[], found: Found): PromptAnalysis["complexity"] {
  const content = new Set(words.filter(({ text }) => !FUNCTION_WORDS.has(text)).map(({ text }) => text)).size;
  const relations = words.filter(({ text }) => RELATIONS.has(text)).length;
  const facets = found.others.filter((findings) => findings.length > 0).length;
  const subjects = found.subject.length;
  const reasons = [
    { text: `${counted(content, "different word")} of content`, points: upTo(0.5, content / 60) },
    { text: `${counted(subjects, "sort")} of things shown`, points: upTo(0.2, Math.max(0, subjects - 1) * 0.07) },
    { text: `${counted(relations, "relation")} between things`, points: upTo(0.18, relations * 0.06) },
    { text: `${counted(facets, "facet")} prescribed besides the subject`, points: upTo(0.12, facets * 0.03) },
  ].filter(({ points }) => points > 0);
  const score = Math.min(
    1,
    reasons.reduce((sum, { points }) => sum + points, 0),
  );
  return { score, level: levelOf(score), reasons };
}

export function levelOf(score: number): ComplexityLevel {
  if (score < MODERATE) return "simple";
  return score < COMPLEX ? "moderate" : "complex";
}

const upTo = (most: number, points: number): number => Math.min(most, Math.round(points * 1000) / 1000);
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

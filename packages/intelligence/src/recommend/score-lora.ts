import type { LoraReason, PromptWords } from "@loramill/contracts";
import { exclusive } from "../analysis/vocabulary/exclusive.ts";
import type { TasteModel } from "../taste.ts";
import { byEmbedding } from "./compare-embeddings.ts";
import type { IndexedLora, LoraIndex } from "./lora-index.ts";
import type { ReadPrompt } from "./read-prompt.ts";

/**
 * Log-odds that each kind of evidence is worth at most. They are set by hand so that a trigger word alone, or a tag and a
 * matching style, pass the usual 0.6, and that ratings alone never do; docs/intelligence.md shows worked examples.
 */
const POINTS = {
  /** Most LoRAs do not suit most prompts: 1 in 10. */
  start: -2.2,
  trigger: 3.5,
  /** Approached as words add up. */
  words: 3,
  style: 1.5,
  otherStyle: -1.5,
  subject: 0.4,
  /** Either way. */
  taste: 1.2,
} as const;

/** Ratings that weigh as much as not knowing. */
const DOUBT = 5;

export interface LoraScore {
  readonly reasons: readonly LoraReason[];
  /** Sum of the reasons' points: log-odds. */
  readonly score: number;
  /** 1 / (1 + e^-score). */
  readonly confidence: number;
}

export interface ScoringContext {
  readonly prompt: ReadPrompt;
  readonly index: LoraIndex;
  readonly taste: TasteModel;
  readonly family: string;
}

/**
 * How well a LoRA suits a prompt, as a sum of reasons. More evidence of a kind never lowers the sum: another matching word,
 * a closer embedding, more or better ratings.
 */
export function scoreLora(lora: IndexedLora, context: ScoringContext): LoraScore {
  const reasons = [
    { kind: "start" as const, points: POINTS.start, text: "most LoRAs do not suit most prompts", words: [] },
    byTrigger(lora, context.prompt),
    byWords(lora, context),
    byStyle(lora, context.prompt),
    bySubject(lora, context.prompt),
    byEmbedding(lora.facts, context.prompt.embedding),
    byTaste(lora, context),
  ].filter((reason) => reason !== null && reason.points !== 0) as LoraReason[];
  const score = reasons.reduce((sum, { points }) => sum + points, 0);
  return { reasons, score, confidence: 1 / (1 + Math.exp(-score)) };
}

function byTrigger(lora: IndexedLora, { words }: ReadPrompt): LoraReason | null {
  for (const { phrase, terms } of lora.triggers) {
    const at = words.findIndex((_, start) => terms.every((term, n) => words[start + n]?.term === term));
    if (at === -1) continue;
    const spans = words.slice(at, at + terms.length).map(({ start, end, text }) => spanOf(start, end, text));
    return {
      kind: "trigger-word",
      points: POINTS.trigger,
      text: `the prompt has its trigger word "${phrase}"`,
      words: spans,
    };
  }
  return null;
}

/** Words of the prompt that the LoRA also has: rare ones, emphasised ones and those in tags count most. */
function byWords(lora: IndexedLora, { prompt, index }: ScoringContext): LoraReason | null {
  const shared = [...prompt.terms]
    .map(([term, { emphasis, words }]) => {
      const mention = lora.mentions.get(term);
      const worth = mention === undefined ? 0 : mention.weight * index.rarity(term) * Math.min(2, emphasis);
      return { field: mention?.field, worth, words };
    })
    .filter(({ worth }) => worth > 0)
    .sort((a, b) => b.worth - a.worth);
  if (shared.length === 0) return null;
  const worth = shared.reduce((sum, each) => sum + each.worth, 0);
  const named = shared.slice(0, 4).map(({ words, field }) => `"${words[0]?.text}" (${field})`);
  return {
    kind: "words",
    points: POINTS.words * (1 - Math.exp(-worth)),
    text: `it shares ${named.join(", ")}${shared.length > 4 ? ` and ${shared.length - 4} more words` : ""} with the prompt`,
    words: shared.flatMap((each) => each.words),
  };
}

function byStyle({ styles }: IndexedLora, { analysis }: ReadPrompt): LoraReason | null {
  const [wanted] = analysis.style;
  const same = analysis.style.find(({ value }) => styles.includes(value));
  if (same !== undefined) {
    const points = POINTS.style * Math.min(1, same.weight);
    return { kind: "style", points, text: `the prompt asks for its style, ${same.value}`, words: same.words };
  }
  const other = styles.find((own) => wanted !== undefined && excludes(own, wanted.value));
  if (wanted === undefined || other === undefined) return null;
  const points = POINTS.otherStyle * Math.min(1, wanted.weight);
  return {
    kind: "style",
    points,
    text: `the prompt asks for ${wanted.value}, its style is ${other}`,
    words: wanted.words,
  };
}

export function excludes(a: string, b: string): boolean {
  return exclusive.style.some(([left, right]) => (left === a && right === b) || (left === b && right === a));
}

function bySubject({ subjects }: IndexedLora, { analysis }: ReadPrompt): LoraReason | null {
  const same = analysis.subject.find(({ value }) => subjects.includes(value));
  if (same === undefined) return null;
  const points = POINTS.subject * Math.min(1, same.weight);
  return { kind: "subject", points, text: `it is made for this subject (${same.value})`, words: same.words };
}

/** What people said of its pictures; the LoRA's own stars where the model of taste has seen none of this kind. */
function byTaste({ facts }: IndexedLora, { prompt, taste, family }: ScoringContext): LoraReason | null {
  const subject = prompt.analysis.subject[0]?.value ?? "other";
  const learned = taste.score({ lora: facts.name, family, subject });
  const stars = facts.ratings;
  const known =
    learned.observations > 0 || stars === null ? learned : { mean: (stars.average - 1) / 4, observations: stars.count };
  if (known.observations <= 0) return null;
  const certainty = known.observations / (known.observations + DOUBT);
  const text = `its pictures of this kind were rated ${(1 + 4 * known.mean).toFixed(1)} of 5 (${Math.round(known.observations)} ratings)`;
  return { kind: "taste", points: POINTS.taste * (2 * known.mean - 1) * certainty, text, words: [] };
}

function spanOf(start: number, end: number, text: string): PromptWords {
  return { in: "prompt", start, end, text };
}

import type { FacetValue } from "@loramill/contracts";
import { findFacet } from "../analysis/find-facets.ts";
import { FUNCTION_WORDS } from "../analysis/function-words.ts";
import { singular, wordsOf } from "../analysis/words.ts";
import type { LoraFacts } from "./lora-facts.ts";

/** Where a LoRA says a word, with how much that means: its tags are chosen with care, its captions tell of backgrounds. */
const FIELD_WEIGHTS = { tags: 1, name: 0.8, captions: 0.7, description: 0.5, lineage: 0.4 } as const;
export type LoraField = keyof typeof FIELD_WEIGHTS;

/** Where a word of a LoRA was found, in the field that weighs most. */
export interface Mention {
  readonly field: LoraField;
  /** 0 to 1. */
  readonly weight: number;
}

/** A LoRA prepared for many questions. */
export interface IndexedLora {
  readonly facts: LoraFacts;
  readonly triggers: readonly { readonly phrase: string; readonly terms: readonly string[] }[];
  /** By term. */
  readonly mentions: ReadonlyMap<string, Mention>;
  /** What its own words say of its style and of what it shows, strongest first. */
  readonly styles: readonly FacetValue<"style">[];
  readonly subjects: readonly FacetValue<"subject">[];
}

export interface LoraIndex {
  readonly loras: readonly IndexedLora[];
  /** How rare a term is among the LoRAs, from a half (all have it) to almost 1. */
  rarity(term: string): number;
}

/**
 * A library as small as two LoRAs says nothing about which words are common: this many others that lack the word are
 * imagined beside them.
 */
const IMAGINED_LORAS = 50;
/** A word that every LoRA has still says what they are: among thirty anime LoRAs one is right for an anime prompt. */
const COMMON = 0.5;
/** Values that are only hinted at do not make a LoRA's style. */
const CLEAR = 0.6;

/** Terms are singular, lower-case words without those that say nothing about a picture. */
export function termsOf(text: string): string[] {
  return wordsOf(text)
    .filter(({ text: word }) => !FUNCTION_WORDS.has(word))
    .map(({ text: word }) => singular(word));
}

export function indexLoras(library: readonly LoraFacts[]): LoraIndex {
  const loras = library.map(indexLora);
  const holders = new Map<string, number>();
  for (const { mentions } of loras) {
    for (const term of mentions.keys()) holders.set(term, (holders.get(term) ?? 0) + 1);
  }
  const all = loras.length + IMAGINED_LORAS + 1;
  const rarity = (term: string) => Math.log(all / ((holders.get(term) ?? 0) + 1)) / Math.log(all);
  return { loras, rarity: (term) => COMMON + (1 - COMMON) * rarity(term) };
}

/** Facts do not change, so what was read of them once is kept as long as they are. */
const indexed = new WeakMap<LoraFacts, IndexedLora>();

function indexLora(facts: LoraFacts): IndexedLora {
  const known = indexed.get(facts) ?? readLora(facts);
  indexed.set(facts, known);
  return known;
}

function readLora(facts: LoraFacts): IndexedLora {
  const mentions = new Map<string, Mention>();
  const mention = (text: string, field: LoraField, share = 1) => {
    const weight = FIELD_WEIGHTS[field] * share;
    for (const term of termsOf(text)) {
      if (weight > (mentions.get(term)?.weight ?? 0)) mentions.set(term, { field, weight });
    }
  };
  for (const tag of facts.tags) mention(tag, "tags");
  mention(facts.name, "name");
  // What half of the captions say is as good as what all say: the other half may only be shorter.
  for (const [tag, share] of Object.entries(facts.captionTags)) mention(tag, "captions", Math.min(1, 2 * share));
  mention(facts.description, "description");
  for (const parent of facts.lineage) mention(parent, "lineage");

  const told = [...facts.tags, facts.name, facts.description.slice(0, 2000)].join(", ");
  const words = wordsOf(told);
  const clear = <T>(findings: readonly { readonly value: T; readonly weight: number }[]) =>
    findings.filter(({ weight }) => weight >= CLEAR).map(({ value }) => value);
  return {
    facts,
    triggers: facts.triggerWords
      .map((phrase) => ({ phrase, terms: wordsOf(phrase).map(({ text }) => singular(text)) }))
      .filter(({ terms }) => terms.length > 0),
    mentions,
    styles: clear(findFacet("style", words, { text: told })),
    subjects: clear(findFacet("subject", words, { text: told })),
  };
}

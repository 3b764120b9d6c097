import { z } from "zod";
import { type FacetValue, type PromptFacet, promptFacets } from "./prompt-facets.ts";

/** Longest prompt that is looked at, in characters; as long as a spec allows. */
export const MAX_PROMPT_LENGTH = 4000;

/** Words of a prompt that made a finding; `start` and `end` count UTF-16 units, the end is not part of them. */
export const PromptWords = z.object({
  in: z.enum(["prompt", "negativePrompt"]),
  start: z.int().min(0),
  end: z.int().min(0),
  text: z.string(),
});
export type PromptWords = z.output<typeof PromptWords>;

const finding = <F extends PromptFacet>(facet: F) =>
  z.object({
    value: z.enum(promptFacets[facet] as readonly FacetValue<F>[]),
    /** How clearly the words say so: 1 for a word that means nothing else; several words and emphasis add up. */
    weight: z.number().positive(),
    words: z.array(PromptWords),
  });

const findings = <F extends PromptFacet>(facet: F) => z.array(finding(facet)).describe("Strongest first");

export const ComplexityLevel = z.enum(["simple", "moderate", "complex"]);
export type ComplexityLevel = z.output<typeof ComplexityLevel>;

/** Things that one picture cannot be at the same time, or that are asked for and refused at once. */
export const PromptConflict = z.object({
  kind: z.enum(["style", "medium", "lighting", "composition", "negative"]),
  message: z.string(),
  words: z.array(PromptWords),
});
export type PromptConflict = z.output<typeof PromptConflict>;

/** What a prompt asks for, as far as its words tell. */
export const PromptAnalysis = z.object({
  subject: findings("subject"),
  style: findings("style"),
  medium: findings("medium"),
  lighting: findings("lighting"),
  composition: findings("composition"),
  intent: findings("intent"),
  complexity: z.object({
    score: z.number().min(0).max(1),
    level: ComplexityLevel,
    reasons: z.array(z.object({ text: z.string(), points: z.number() })).describe("The points add up to the score"),
  }),
  conflicts: z.array(PromptConflict),
  language: z.object({
    code: z.string().nullable().describe("ISO 639-1; null where the words do not tell"),
    confidence: z.number().min(0).max(1),
  }),
  notes: z.array(z.string()).describe("What was not looked at, and what would find more"),
  source: z.string().describe("rules, or llm: and the model's name"),
  fallbackReason: z.string().nullable().describe("Why the rules had to do although a model is configured"),
});
export type PromptAnalysis = z.output<typeof PromptAnalysis>;
/** A facet's value beside what made it. */
export type PromptFinding<F extends PromptFacet = PromptFacet> = z.output<ReturnType<typeof finding<F>>>;

const quoted = <F extends PromptFacet>(facet: F) =>
  z.array(
    z.strictObject({
      value: z.enum(promptFacets[facet] as readonly FacetValue<F>[]),
      words: z.string().describe("The words of the prompt that say so, copied exactly"),
    }),
  );

/**
 * What a language model is made to answer about a prompt. Its JSON Schema is sent with the question, so it keeps to what
 * every server's constrained decoding knows: objects, arrays, strings, numbers, enums.
 */
export const AnalystAnswer = z.strictObject({
  subject: quoted("subject"),
  style: quoted("style"),
  medium: quoted("medium"),
  lighting: quoted("lighting"),
  composition: quoted("composition"),
  intent: z.enum(promptFacets.intent),
  complexity: z.number().describe("0 for one plain thing, 1 for a scene of many parts that depend on one another"),
  language: z.string().describe("ISO 639-1 code of the prompt's language"),
});
export type AnalystAnswer = z.output<typeof AnalystAnswer>;

import type { ChosenLora, GivenLora, LoraPreferences, PassedLora, PromptAnalysis } from "@loramill/contracts";
import type { TasteModel } from "../taste.ts";
import { sayComparison } from "./compare-embeddings.ts";
import { findCounterfactuals } from "./find-counterfactuals.ts";
import type { Embedding, LoraFacts } from "./lora-facts.ts";
import { indexLoras } from "./lora-index.ts";
import { readPrompt } from "./read-prompt.ts";
import { type ScoringContext, scoreLora } from "./score-lora.ts";
import {
  byConfidence,
  type Candidate,
  mainStyle,
  type PinnedLora,
  type Selection,
  selectLoras,
} from "./select-loras.ts";
import { shareBudget, suggestStrength } from "./suggest-strength.ts";

export interface RecommendRequest {
  readonly prompt: string;
  readonly analysis: PromptAnalysis;
  /** Of the base model: only LoRAs of it are chosen. */
  readonly family: string;
  /** Applied whatever speaks for or against them. */
  readonly given: readonly GivenLora[];
  readonly preferences: LoraPreferences;
  /** Whether LoRAs beside the given ones are chosen; default: yes. */
  readonly mayChoose?: boolean;
  /** Of the prompt, by the model that made those of the LoRAs. */
  readonly embedding?: Embedding | null;
}

export interface RecommendFacts {
  readonly loras: readonly LoraFacts[];
  readonly taste: TasteModel;
}

export interface Recommendation {
  /** What is given first, in the user's order; then what is chosen, the most certain first. */
  readonly loras: readonly ChosenLora[];
  /** What came closest without being chosen, the most certain first. */
  readonly passed: readonly PassedLora[];
  readonly warnings: readonly string[];
  /** What LoRAs were compared with the prompt by, in a sentence. */
  readonly comparison: string;
}

const NOTHING: Selection = { chosen: [], passed: [] };
const MOST_PASSED = 10;
/** Less certain ones came close to nothing. */
const WORTH_TELLING = 0.2;

/** Which LoRAs suit a prompt, how strongly they are applied, and why. Deterministic; the library's order does not matter. */
export function recommend(request: RecommendRequest, facts: RecommendFacts): Recommendation {
  const { preferences, family, given } = request;
  const index = indexLoras(facts.loras);
  const prompt = readPrompt(request.prompt, request.analysis, request.embedding ?? null);
  const context: ScoringContext = { prompt, index, taste: facts.taste, family };
  const scored = index.loras.map((lora): Candidate => ({ lora, ...scoreLora(lora, context) })).sort(byConfidence);

  const pinned = given.map((each) => pin(each, scored));
  const taken = new Set(pinned.map(({ candidate }) => candidate));
  const candidates = scored.filter((each) => each.lora.facts.family === family && !taken.has(each));
  const selection = request.mayChoose === false ? NOTHING : selectLoras(candidates, pinned, preferences);

  const alone = selection.chosen.map(({ lora }) => suggestStrength(lora.facts));
  const strengths = shareBudget([...pinned.map(({ strength }) => strength), ...alone], preferences.strengthBudget);
  const loras = [
    ...given.map(({ lora }, at) => ({
      name: pinned[at]?.candidate?.lora.facts.name ?? lora,
      from: pinned[at]?.candidate ?? null,
      isGiven: true,
    })),
    ...selection.chosen.map((from) => ({ name: from.lora.facts.name, from, isGiven: false })),
  ].map(({ name, from, isGiven }, at): ChosenLora => {
    const counterfactuals =
      isGiven || from === null
        ? []
        : findCounterfactuals({ chosen: from, candidates, pinned, selection, preferences, context });
    return {
      name,
      id: from?.lora.facts.id ?? null,
      given: isGiven,
      confidence: from?.confidence ?? null,
      score: from?.score ?? null,
      reasons: [...(from?.reasons ?? [])],
      strength: strengths[at] ?? suggestStrength(null),
      triggerWords: missingTriggers(from),
      counterfactuals,
    };
  });
  return {
    loras,
    passed: selection.passed
      .filter(({ candidate }) => candidate.confidence >= WORTH_TELLING)
      .slice(0, MOST_PASSED)
      .map(({ candidate, because, text }) => ({
        name: candidate.lora.facts.name,
        id: candidate.lora.facts.id,
        confidence: candidate.confidence,
        because,
        text,
      })),
    comparison: sayComparison(
      facts.loras.filter((lora) => lora.family === family),
      request.embedding ?? null,
    ),
    warnings: warningsOn(request, pinned, [...pinned.flatMap(({ candidate }) => candidate ?? []), ...selection.chosen]),
  };
}

function pin({ lora, strength }: GivenLora, scored: readonly Candidate[]): PinnedLora {
  const candidate = scored.find(({ lora: { facts } }) => facts.id === lora || facts.name === lora) ?? null;
  return { candidate, strength: suggestStrength(candidate?.lora.facts ?? null, strength) };
}

/** All trigger words of a LoRA, where the prompt has none of them. */
function missingTriggers(candidate: Candidate | null): string[] {
  if (candidate === null || candidate.reasons.some(({ kind }) => kind === "trigger-word")) return [];
  return [...candidate.lora.facts.triggerWords];
}

function warningsOn(request: RecommendRequest, pinned: readonly PinnedLora[], all: readonly Candidate[]): string[] {
  const { given, family, preferences } = request;
  const lacking = given.filter((_, at) => pinned[at]?.candidate === null);
  const foreign = pinned
    .flatMap(({ candidate }) => candidate?.lora.facts ?? [])
    .filter((facts) => facts.family !== family);
  const twice = pinned.flatMap(({ candidate }, at) =>
    candidate !== null && pinned.findIndex((other) => other.candidate === candidate) < at
      ? candidate.lora.facts.name
      : [],
  );
  const sum = pinned.reduce((total, { strength }) => total + strength.value, 0);
  const styles = new Set(all.flatMap((candidate) => mainStyle(candidate) ?? []));
  return [
    ...lacking.map(({ lora }) => `${lora} is not in the library: nothing is known of it`),
    ...twice.map((name) => `${name} is given twice: it is applied twice`),
    ...foreign.map((facts) => `${facts.name} is for ${facts.family}, not ${family}: it may not load`),
    ...(given.length > preferences.maxLoras
      ? [`${given.length} LoRAs are given, more than ${preferences.maxLoras}; all are kept`]
      : []),
    ...(sum > preferences.strengthBudget
      ? [`the given strengths add up to ${sum.toFixed(2)}, more than ${preferences.strengthBudget}: pictures may burn`]
      : []),
    ...(styles.size > 1 ? [`the LoRAs mix styles: ${[...styles].join(", ")}`] : []),
  ];
}

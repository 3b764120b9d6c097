import type { Counterfactual, LoraPreferences } from "@loramill/contracts";
import { singular } from "../analysis/words.ts";
import { withoutTerm } from "./read-prompt.ts";
import { type ScoringContext, scoreLora } from "./score-lora.ts";
import { type Candidate, type PinnedLora, type Selection, selectLoras } from "./select-loras.ts";

interface Question {
  readonly chosen: Candidate;
  readonly candidates: readonly Candidate[];
  readonly pinned: readonly PinnedLora[];
  readonly selection: Selection;
  readonly preferences: LoraPreferences;
  readonly context: ScoringContext;
}

/** What would come out without a chosen LoRA, and without the word that speaks loudest for it. */
export function findCounterfactuals(question: Question): Counterfactual[] {
  return [withoutLora(question), ...withoutLoudestWord(question)];
}

function withoutLora({ chosen, candidates, pinned, selection, preferences }: Question): Counterfactual {
  const left = candidates.filter((each) => each !== chosen);
  const instead = selectLoras(left, pinned, preferences).chosen.filter((each) => !selection.chosen.includes(each));
  const names = instead.map(({ lora, confidence }) => `${lora.facts.name} (confidence ${confidence.toFixed(2)})`);
  const name = chosen.lora.facts.name;
  const text =
    names.length === 0
      ? `without ${name} no other LoRA would take its place`
      : `without ${name}, ${names.join(" and ")} would be chosen`;
  return { change: "without-lora", text };
}

function withoutLoudestWord({ chosen, preferences, context }: Question): Counterfactual[] {
  const words = new Map(
    chosen.reasons.flatMap(({ words: own }) =>
      own.flatMap(({ text }) => text.split(/[\s_-]+/).map((word) => [singular(word.toLowerCase()), word] as const)),
    ),
  );
  const without = [...words]
    .map(([term, word]) => {
      const prompt = withoutTerm(context.prompt, term);
      return { word, confidence: scoreLora(chosen.lora, { ...context, prompt }).confidence };
    })
    .filter(({ confidence }) => confidence < chosen.confidence)
    .sort((a, b) => a.confidence - b.confidence || (a.word < b.word ? -1 : 1));
  const [loudest] = without;
  if (loudest === undefined) return [];
  const least = preferences.minConfidence;
  const result =
    loudest.confidence < least ? `, below ${least.toFixed(2)}: it would not be chosen` : ": it would still be chosen";
  const text = `without the word "${loudest.word}" its confidence would be ${loudest.confidence.toFixed(2)}${result}`;
  return [{ change: "without-word", text }];
}

import type {
  FacetValue,
  PromptAnalysis,
  PromptConflict,
  PromptFinding,
  PromptTexts,
  PromptWords,
} from "@loramill/contracts";
import { FUNCTION_WORDS } from "./function-words.ts";
import { exclusive } from "./vocabulary/exclusive.ts";
import { singular, type Word, wordsOf } from "./words.ts";

type Exclusive = keyof typeof exclusive;

/** A hint weaker than this contradicts nothing. */
const CLEAR = 0.6;

type Facets = Pick<PromptAnalysis, Exclusive>;

/** Everything in a request that contradicts something else in it. */
export function findConflicts(facets: Facets, { prompt, negativePrompt }: PromptTexts): PromptConflict[] {
  return [
    ...findContradictions("style", facets.style),
    ...findContradictions("medium", facets.medium),
    ...findContradictions("lighting", facets.lighting),
    ...findContradictions("composition", facets.composition),
    ...findRefusedWords(
      { words: wordsOf(prompt), text: prompt },
      { words: wordsOf(negativePrompt), text: negativePrompt },
    ),
  ];
}

/** Values of one facet that exclude one another and are both asked for clearly. */
function findContradictions<F extends Exclusive>(facet: F, findings: readonly PromptFinding<F>[]): PromptConflict[] {
  const clear = new Map(findings.filter(({ weight }) => weight >= CLEAR).map((each) => [each.value as string, each]));
  const pairs: readonly (readonly [FacetValue<Exclusive>, FacetValue<Exclusive>])[] = exclusive[facet];
  return pairs.flatMap(([left, right]) => {
    const [a, b] = [clear.get(left), clear.get(right)];
    if (a === undefined || b === undefined) return [];
    const message = `${quote(a.words)} asks for ${left} and ${quote(b.words)} for ${right}: one picture cannot be both`;
    return [{ kind: facet, message, words: [...a.words, ...b.words] }];
  });
}

interface Text {
  readonly words: readonly Word[];
  readonly text: string;
}

/** Words that the negative prompt repeats from the prompt: what is asked for is refused at once. */
function findRefusedWords(prompt: Text, negative: Text): PromptConflict[] {
  const refused = new Map<string, Word>();
  for (const word of negative.words) {
    const key = singular(word.text);
    if (!FUNCTION_WORDS.has(word.text) && !refused.has(key)) refused.set(key, word);
  }
  const repeated = new Map<string, PromptConflict>();
  for (const word of prompt.words) {
    const key = singular(word.text);
    const other = refused.get(key);
    if (other === undefined || word.negated || repeated.has(key) || isPartOfLonger(word, other, prompt, negative))
      continue;
    repeated.set(key, {
      kind: "negative",
      message: `"${word.text}" is in the prompt and in the negative prompt`,
      words: [spanOf(word, prompt.text, "prompt"), spanOf(other, negative.text, "negativePrompt")],
    });
  }
  return [...repeated.values()];
}

/** `bad hands` refuses bad hands, not hands: a repeated word counts only where its clause says the same. */
function isPartOfLonger(word: Word, other: Word, prompt: Text, negative: Text): boolean {
  const clause = negative.words.filter((each) => each.clause === other.clause && !FUNCTION_WORDS.has(each.text));
  const asked = new Set(prompt.words.filter((each) => each.clause === word.clause).map(({ text }) => singular(text)));
  return !clause.every(({ text }) => asked.has(singular(text)));
}

function spanOf(word: Word, text: string, where: PromptWords["in"]): PromptWords {
  return { in: where, start: word.start, end: word.end, text: text.slice(word.start, word.end) };
}

function quote(words: readonly PromptWords[]): string {
  return words.map(({ text }) => `"${text}"`).join(", ");
}

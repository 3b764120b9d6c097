import {
  type FacetValue,
  type PromptFacet,
  type PromptFinding,
  type PromptWords,
  promptFacets,
} from "@loramill/contracts";
import { matchPhrases, type PhraseTable, phraseTable } from "./match-phrases.ts";
import { vocabularies } from "./vocabulary/index.ts";
import type { Word } from "./words.ts";

type Hint<F extends PromptFacet> = { readonly value: FacetValue<F>; readonly weight: number };

const tables = Object.fromEntries(
  (Object.keys(promptFacets) as PromptFacet[]).map((facet) => [facet, tableOf(facet)]),
) as unknown as { readonly [F in PromptFacet]: PhraseTable<Hint<F>> };

function tableOf(facet: PromptFacet): PhraseTable<Hint<PromptFacet>> {
  const values: Readonly<Record<string, Readonly<Record<string, number>>>> = vocabularies[facet];
  return phraseTable(
    Object.entries(values).flatMap(([value, phrases]) =>
      Object.entries(phrases).map(
        ([phrase, weight]) => [phrase, { value: value as FacetValue<PromptFacet>, weight }] as const,
      ),
    ),
  );
}

/**
 * What the words say of a facet, strongest first (ties by name). Words behind `no` or `without` say nothing. A value's
 * weight is the sum over its words of clearness × emphasis.
 */
export function findFacet<F extends PromptFacet>(
  facet: F,
  words: readonly Word[],
  { text, where = "prompt" }: { readonly text: string; readonly where?: PromptWords["in"] },
): PromptFinding<F>[] {
  const found = new Map<FacetValue<F>, { weight: number; words: PromptWords[] }>();
  for (const match of matchPhrases(words, tables[facet])) {
    const [first] = match.words;
    const last = match.words.at(-1);
    if (first === undefined || last === undefined || first.negated || first.emphasis === 0) continue;
    const { value, weight } = match.entry;
    const of = found.get(value) ?? { weight: 0, words: [] };
    of.weight += weight * first.emphasis;
    of.words.push({ in: where, start: first.start, end: last.end, text: text.slice(first.start, last.end) });
    found.set(value, of);
  }
  return [...found]
    .map(([value, of]) => ({ value, weight: rounded(of.weight), words: of.words }) as PromptFinding<F>)
    .sort((a, b) => b.weight - a.weight || (a.value < b.value ? -1 : 1));
}

/** To thousandths, so that sums of decimals read as they were written. */
function rounded(value: number): number {
  return Math.max(0.001, Math.round(value * 1000) / 1000);
}

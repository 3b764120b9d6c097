import {
  type Charge,
  digestOf,
  PromptAnalysis,
  type PromptAnalyst,
  type PromptTexts,
  type Stores,
} from "@loramill/contracts";
import { analysePrompt, analyseWith } from "@loramill/intelligence";

/** A language model takes seconds for each: of many prompts the others are read by rules. */
const MOST_PROMPTS = 16;

export interface PromptReader {
  read(texts: PromptTexts, signal?: AbortSignal): Promise<PromptReading>;
  /** What each of these prompts asks for, by its text; those that are left out are read by the rules. */
  readAll(texts: readonly PromptTexts[], signal?: AbortSignal): Promise<PromptReadings>;
}

interface PromptReading {
  readonly analysis: PromptAnalysis;
  /** What the model was paid now; nothing for what it said before. */
  readonly charges: readonly Charge[];
}

interface PromptReadings {
  readonly analyses: ReadonlyMap<string, PromptAnalysis>;
  readonly charges: readonly Charge[];
}

/**
 * Reads prompts by a language model where there is one. What it once said of a prompt is kept, so that planning the same
 * spec again gives the same plan and is not paid for again; that it could not say anything is not.
 */
export function createPromptReader(analyst: PromptAnalyst | null, { memos }: Pick<Stores, "memos">): PromptReader {
  const read = async (texts: PromptTexts, signal = new AbortController().signal): Promise<PromptReading> => {
    if (analyst === null) return { analysis: analysePrompt(texts), charges: [] };
    const key = digestOf({ analyst: analyst.id, version: 1, ...texts });
    const known = PromptAnalysis.safeParse(await memos.find("prompt-analysis", key));
    if (known.success) return { analysis: known.data, charges: [] };
    const charges: Charge[] = [];
    const analysis = await analyseWith(analyst, texts, signal, (charge) => charges.push(charge));
    if (analysis.fallbackReason === null) await memos.put("prompt-analysis", key, analysis);
    return { analysis, charges };
  };
  return {
    read,
    async readAll(texts, signal) {
      if (analyst === null) return { analyses: new Map(), charges: [] };
      const some = [...new Map(texts.map((each) => [each.prompt, each])).values()].slice(0, MOST_PROMPTS);
      const all = await Promise.all(some.map(async (each) => [each.prompt, await read(each, signal)] as const));
      return {
        analyses: new Map(all.map(([prompt, { analysis }]) => [prompt, analysis])),
        charges: all.flatMap(([, { charges }]) => charges),
      };
    },
  };
}

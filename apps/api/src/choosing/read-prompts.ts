import { digestOf, PromptAnalysis, type PromptAnalyst, type PromptTexts, type Stores } from "@loramill/contracts";
import { analysePrompt, analyseWith } from "@loramill/intelligence";

/** A language model takes seconds for each: of many prompts the others are read by rules. */
const MOST_PROMPTS = 16;

export interface PromptReader {
  /** What each of these prompts asks for, by its text; those that are left out are read by the rules. */
  readAll(texts: readonly PromptTexts[], signal?: AbortSignal): Promise<ReadonlyMap<string, PromptAnalysis>>;
  read(texts: PromptTexts, signal?: AbortSignal): Promise<PromptAnalysis>;
}

/**
 * Reads prompts by a language model where there is one. What it once said of a prompt is kept, so that planning the same
 * spec again gives the same plan; that it could not say anything is not.
 */
export function createPromptReader(analyst: PromptAnalyst | null, { memos }: Pick<Stores, "memos">): PromptReader {
  const read = async (texts: PromptTexts, signal = new AbortController().signal): Promise<PromptAnalysis> => {
    if (analyst === null) return analysePrompt(texts);
    const key = digestOf({ analyst: analyst.id, version: 1, ...texts });
    const known = PromptAnalysis.safeParse(await memos.find("prompt-analysis", key));
    if (known.success) return known.data;
    const analysis = await analyseWith(analyst, texts, signal);
    if (analysis.fallbackReason === null) await memos.put("prompt-analysis", key, analysis);
    return analysis;
  };
  return {
    read,
    async readAll(texts, signal) {
      if (analyst === null) return new Map();
      const some = [...new Map(texts.map((each) => [each.prompt, each])).values()].slice(0, MOST_PROMPTS);
      return new Map(await Promise.all(some.map(async (each) => [each.prompt, await read(each, signal)] as const)));
    },
  };
}

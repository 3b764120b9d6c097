import type { Charge, PromptAnalysis, PromptAnalyst, PromptTexts } from "@loramill/contracts";
import { analysePrompt } from "./prompt-rules.ts";
import { refineAnalysis } from "./refine-analysis.ts";

/**
 * What a prompt asks for, as a language model reads it. Whatever goes wrong with the model, the rules' analysis is the
 * answer and says why; only `signal` ends it with an error. `paid` is told what the model's answers cost.
 */
export async function analyseWith(
  analyst: PromptAnalyst,
  texts: PromptTexts,
  signal: AbortSignal,
  paid?: (charge: Charge) => void,
): Promise<PromptAnalysis> {
  const rules = analysePrompt(texts);
  try {
    const answer = await analyst.analyse(texts, signal, paid);
    const refined = refineAnalysis(rules, texts, { answer, source: analyst.id });
    return refined ?? { ...rules, fallbackReason: `${analyst.id} quoted nothing that stands in the prompt` };
  } catch (error) {
    signal.throwIfAborted();
    return { ...rules, fallbackReason: error instanceof Error ? error.message : String(error) };
  }
}

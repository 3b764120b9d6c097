import type { RecommendationRequestInput } from "@loramill/contracts";
import { renderExplanation } from "@loramill/intelligence";
import { withConnection } from "../connect.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatTable } from "../format.ts";
import { type CommandContext, printJson, printLine } from "./context.ts";

export interface RecommendOptions {
  readonly project?: string;
  readonly model?: string;
  readonly negative?: string;
  readonly maxSeconds?: number;
  readonly maxVram?: number;
  readonly priority?: string;
  readonly loras?: number;
  readonly minConfidence?: number;
  readonly mixing?: boolean;
}

/** What a prompt should be drawn with, and why; nothing is drawn. */
export function recommendCommand(prompt: string, options: RecommendOptions, context: CommandContext): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const answer = await client.intelligence.recommend(recommendationRequest(prompt, options));
    if (context.json) printJson(context, answer);
    else printLine(context, renderExplanation(answer.explanation));
    return exitCodes.ok;
  });
}

/** The LoRAs alone, those that came close among them. */
export function suggestLorasCommand(
  prompt: string,
  options: RecommendOptions,
  context: CommandContext,
): Promise<number> {
  return withConnection(context, async ({ client }) => {
    const suggestions = await client.intelligence.suggestLoras(recommendationRequest(prompt, options));
    const { model, loras, passed } = suggestions;
    if (context.json) printJson(context, suggestions);
    else if (loras.length + passed.length === 0) printLine(context, `no LoRA of the library suits it on ${model}`);
    else {
      const rows = [
        ...loras.map(({ name, confidence, strength, reasons }) => [
          name,
          (confidence ?? 1).toFixed(2),
          strength.value.toFixed(2),
          reasons
            .filter(({ kind }) => kind !== "start")
            .map(({ text }) => text)
            .join("; "),
        ]),
        ...passed.map(({ name, confidence, text }) => [name, confidence.toFixed(2), "", `not taken: ${text}`]),
      ];
      printLine(context, formatTable(["LoRA", "confidence", "strength", "why"], rows));
    }
    return exitCodes.ok;
  });
}

export function recommendationRequest(prompt: string, options: RecommendOptions): RecommendationRequestInput {
  const { project, model, negative, maxSeconds, maxVram, priority, loras, minConfidence, mixing } = options;
  const given = {
    project,
    model,
    negativePrompt: negative,
    constraints: known({ maxSeconds, maxVramGb: maxVram, priority }),
    choose: known({ maxLoras: loras, minConfidence, mixStyles: mixing }),
  };
  return { prompt, ...known(given) } as RecommendationRequestInput;
}

const known = (values: object) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

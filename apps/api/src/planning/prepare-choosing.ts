import { type Charge, digestOf, type RunSpec } from "@loramill/contracts";
import { asksToChoose, type PlanContext } from "@loramill/orchestration";
import { createChooser } from "../choosing/choose-prompt.ts";
import type { PlanningDeps } from "./planning-deps.ts";

/** What chooses for the spec's prompts, where it leaves anything open: all that takes time has been looked up by then. */
export async function prepareChoosing(
  { generate, train, lora, project }: Pick<RunSpec, "generate" | "train" | "lora" | "project">,
  { choosingFacts, promptReader, embeddings }: Pick<PlanningDeps, "choosingFacts" | "promptReader" | "embeddings">,
  signal?: AbortSignal,
): Promise<{ readonly choosing: Pick<PlanContext, "choose">; readonly charges: readonly Charge[] }> {
  const makesLora = train !== undefined || lora !== undefined;
  if (generate === undefined || !asksToChoose(generate, makesLora)) return { choosing: {}, charges: [] };
  const { prompts, negativePrompt } = generate;
  const texts = prompts.map((prompt) => ({ prompt, negativePrompt }));
  const facts = await choosingFacts(project, signal);
  const { analyses, charges } = await promptReader.readAll(texts, signal);
  const seed = digestOf({ generate, project });
  const points = await embeddings.ofPrompts(prompts, signal);
  return { choosing: { choose: createChooser({ generate, facts, analyses, embeddings: points, seed }) }, charges };
}

import { createOllamaAnalyst } from "../ollama/ollama-analyst.ts";
import { createOpenAiAnalyst } from "../openai/openai-analyst.ts";
import type { EndpointParts } from "../vision/endpoint.ts";
import type { LlmOptions } from "./llm-config.ts";
import type { OpenedAnalyst } from "./opened-analyst.ts";

/** The language model that reads prompts, by the protocol that its server speaks; null where none is configured. */
export function openPromptAnalyst(options: LlmOptions, parts: EndpointParts): OpenedAnalyst | null {
  if (options === null) return null;
  return options.protocol === "ollama" ? createOllamaAnalyst(options, parts) : createOpenAiAnalyst(options, parts);
}

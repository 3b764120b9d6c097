import type { PromptAnalyst } from "@loramill/contracts";
import type { LlmOptions } from "./llm-config.ts";

export type AnalystOptions = Omit<NonNullable<LlmOptions>, "protocol">;

/** Close it to let go of its connections. */
export type OpenedAnalyst = PromptAnalyst & { close(): Promise<void> };

import type { AnalystAnswer } from "../intelligence.ts";
import type { Charge } from "../records.ts";
import type { Availability } from "./training-backend.ts";

/** The texts of a request; data to whoever reads them, whatever they say. */
export interface PromptTexts {
  readonly prompt: string;
  readonly negativePrompt: string;
}

/** A language model that says what a prompt asks for. Whether its words are in the prompt is checked by who asks. */
export interface PromptAnalyst {
  /** `llm:` and the model's name. */
  readonly id: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /**
   * Throws one of the three error classes when no fitting answer came in time. `paid` is told of every answer as it comes,
   * of those too that are then refused.
   */
  analyse(texts: PromptTexts, signal: AbortSignal, paid?: (charge: Charge) => void): Promise<AnalystAnswer>;
}

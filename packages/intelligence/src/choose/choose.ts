import type {
  ChoiceMode,
  ChoiceRequest,
  ChosenLora,
  ChosenParameters,
  DrawingEstimate,
  PassedLora,
  PromptAnalysis,
} from "@loramill/contracts";
import { analysePrompt } from "../analysis/prompt-rules.ts";
import type { DrawnParameters } from "../learning/bands.ts";
import { chooseParameters, type ParameterFacts } from "../parameters/choose-parameters.ts";
import type { PastGeneration } from "../parameters/past-generation.ts";
import { profileOf } from "../parameters/profiles/index.ts";
import type { Embedding, LoraFacts } from "../recommend/lora-facts.ts";
import { recommend } from "../recommend/recommend.ts";
import type { TasteModel } from "../taste.ts";
import { otherPriorities } from "./other-priorities.ts";
import { warnOfGiven } from "./warn-of-given.ts";

/** What a choice rests on; the same facts and the same request always give the same choice. */
export interface ChoiceFacts {
  /** The library, newest versions. */
  readonly loras: readonly LoraFacts[];
  readonly taste: TasteModel;
  /** Generations that have ended on the machines that may draw, newest first. */
  readonly past: readonly PastGeneration[];
  readonly learned?: DrawnParameters;
  /** Of this prompt, where a language model was asked; left out, the rules read it. */
  readonly analysis?: PromptAnalysis;
  /** Of this prompt, by the model that embedded the LoRAs. */
  readonly embedding?: Embedding | null;
}

/** What is drawn with, why, and what stood against it. */
export interface Choice {
  readonly mode: ChoiceMode;
  /** A proposal waits for `decide`. */
  readonly state: "proposed" | "decided";
  readonly request: ChoiceRequest;
  readonly analysis: PromptAnalysis;
  readonly loras: readonly ChosenLora[];
  readonly passed: readonly PassedLora[];
  /** What LoRAs were compared with the prompt by, in a sentence. */
  readonly comparison: string;
  readonly parameters: ChosenParameters;
  readonly estimate: DrawingEstimate;
  readonly warnings: readonly string[];
  /** What other priorities would give, a sentence each. */
  readonly alternatives: readonly string[];
}

/**
 * LoRAs and parameters for a prompt. `auto` decides; `assisted` proposes the same and waits for the user's edits; `manual`
 * takes what is given, leaves the rest at what is usual, chooses no LoRA and lowers nothing. What is given is kept in
 * every mode. UserError `unknown-model`, `constraint-unsatisfiable`.
 */
export function choose(request: ChoiceRequest, facts: ChoiceFacts, mode: ChoiceMode = "auto"): Choice {
  return chooseFor(request, facts, { mode, mayChooseLoras: mode !== "manual" });
}

/** As `choose`, where the LoRAs may have been chosen already. */
export function chooseFor(
  request: ChoiceRequest,
  facts: ChoiceFacts,
  { mode, mayChooseLoras }: { readonly mode: ChoiceMode; readonly mayChooseLoras: boolean },
): Choice {
  const profile = profileOf(request.model);
  const analysis = facts.analysis ?? analysePrompt(request);
  const isManual = mode === "manual";
  const { loras, passed, warnings, comparison } = recommend(
    {
      prompt: request.prompt,
      analysis,
      family: profile.loraFamily,
      given: request.loras,
      preferences: request.preferences,
      mayChoose: mayChooseLoras,
      embedding: facts.embedding ?? null,
    },
    facts,
  );
  const parameterFacts: ParameterFacts = { past: facts.past, learned: isManual ? {} : (facts.learned ?? {}) };
  const asked = {
    model: request.model,
    analysis,
    given: request.parameters,
    constraints: request.constraints,
    mayLower: !isManual,
  };
  const chosen = chooseParameters(asked, parameterFacts);
  return {
    mode,
    state: mode === "assisted" ? "proposed" : "decided",
    request,
    analysis,
    loras,
    passed,
    comparison,
    ...chosen,
    warnings: [
      ...analysis.conflicts.map(({ message }) => message),
      ...warnings,
      ...warnOfGiven(request, profile, chosen),
    ],
    alternatives: isManual ? [] : otherPriorities(asked, parameterFacts, chosen),
  };
}

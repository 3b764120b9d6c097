import type {
  Charge,
  ChoiceExplanation,
  JsonObject,
  PromptAnalysis,
  Recommendation,
  RecommendationRequest,
  Sampling,
} from "@loramill/contracts";
import {
  choose,
  drawParameters,
  type Embedding,
  explainChoice,
  learnedTaste,
  profiles,
  samplingOf,
} from "@loramill/intelligence";
import type { ChoosingFacts } from "./choosing-facts.ts";
import { limitsOf, preferencesOf } from "./limits.ts";
import { requestOfProfile } from "./request-of-profile.ts";

export interface RecommendParts {
  readonly facts: ChoosingFacts;
  readonly analysis: PromptAnalysis;
  readonly embedding: Embedding | null;
  /** What was paid for the analysis. */
  readonly charges: readonly Charge[];
  /** What draws where the request does not say. */
  readonly defaultModel: string;
}

/** LoRAs and parameters for a prompt, as a proposal: the same for the same facts, since a person decides and not a draw. */
export function recommendFor(
  asked: RecommendationRequest,
  { facts, analysis, embedding, charges, defaultModel }: RecommendParts,
): Recommendation {
  const { prompt, negativePrompt, loras, constraints } = asked;
  const model = asked.model ?? defaultModel;
  const { learned, past } = facts;
  const question = {
    family: profiles[model]?.loraFamily ?? "unknown",
    subject: analysis.subject[0]?.value ?? "other",
  };
  const offload = constraints.offload === undefined ? {} : { offload: constraints.offload };
  const choice = choose(
    {
      prompt,
      negativePrompt,
      model,
      loras: loras.map((use) => ({ ...use, lora: knownAs(use.lora, facts)?.facts.name ?? use.lora })),
      parameters: { ...asked.parameters, ...offload },
      constraints: limitsOf(constraints),
      preferences: preferencesOf(asked.choose),
    },
    {
      loras: facts.loras.map((lora) => lora.facts),
      taste: learnedTaste(learned),
      past,
      analysis,
      embedding,
      // The middle of what is believed, where a draw would try things out.
      learned: drawParameters(learned, question, () => 0.5),
    },
    "assisted",
  );
  const explanation = explainChoice(choice);
  const { distilledGuidance, guidance, steps } = samplingOf(choice);
  const sampling = { steps, guidance, ...(distilledGuidance === undefined ? {} : { distilledGuidance }) };
  return { explanation, generate: specOf(asked, explanation, { facts, sampling }), charges: [...charges] };
}

function knownAs(lora: string, { loras }: ChoosingFacts) {
  return loras.find(({ called, facts }) => [called, facts.id, facts.name].includes(lora));
}

/** `generate` of a run spec; what is left out of it is chosen around it when it is planned. */
function specOf(
  { prompt, negativePrompt, constraints }: RecommendationRequest,
  { model, loras, parameters }: ChoiceExplanation,
  { facts, sampling }: { readonly facts: ChoosingFacts; readonly sampling: Sampling },
): JsonObject {
  const { width, height, frames } = parameters;
  const base = requestOfProfile(model);
  const uses = loras.map(({ id, name, strength }) => ({
    lora: knownAs(id ?? name, facts)?.called ?? name,
    strength: strength.value,
  }));
  const spec = {
    mode: "assisted",
    prompts: [prompt],
    ...(negativePrompt === "" ? {} : { negativePrompt }),
    constraints,
    request: {
      ...base,
      loras: uses,
      sampling,
      width: width.value,
      height: height.value,
      ...(base.kind === "text-to-video" ? { frames: frames.value } : {}),
    },
  };
  // Fields that are undefined are left out.
  return JSON.parse(JSON.stringify(spec)) as JsonObject;
}

import {
  type ChoiceMode,
  type ChoiceRequest,
  Choosing,
  type Digest,
  type DrawingLimits,
  type DrawnSpec,
  digestOf,
  type GenerateSpec,
  type GivenLora,
  type GivenParameters,
  MAIN_LORA,
  MAX_PROMPT_LENGTH,
  type PromptAnalysis,
} from "@loramill/contracts";
import {
  analysePrompt,
  type Choice,
  type ChoiceFacts,
  choose,
  decide,
  drawParameters,
  type Embedding,
  explainChoice,
  profileNameOf,
  profiles,
  samplingOf,
  tasteToChooseBy,
} from "@loramill/intelligence";
import type { ChoiceQuestion, PromptChoice } from "@loramill/orchestration";
import type { ChoosingFacts } from "./choosing-facts.ts";
import { limitsOf, preferencesOf } from "./limits.ts";
import { seededRandom } from "./seeded-random.ts";

/** Different choices of one plan. Each takes a few milliseconds and a document of some kilobytes. */
const MOST_CHOICES = 500;

export interface ChooserParts {
  readonly generate: GenerateSpec;
  readonly facts: ChoosingFacts;
  /** By prompt, where a language model has read it. */
  readonly analyses: ReadonlyMap<string, PromptAnalysis>;
  /** By prompt, where there is an embedder. */
  readonly embeddings: ReadonlyMap<string, Embedding>;
  /** What decides the draws of learning: equal seeds and facts give equal choices. */
  readonly seed: Digest;
}

/**
 * Chooses for the prompts of one plan. Prompts that differ in nothing but numbers that no LoRA knows share a choice; of
 * very many different ones the last are left as they are.
 */
export function createChooser(parts: ChooserParts): (question: ChoiceQuestion) => PromptChoice | null {
  const { facts } = parts;
  const numbers = new Set(facts.loras.flatMap(({ facts: known }) => JSON.stringify(known).match(/\d+/g) ?? []));
  const choices = new Map<string, PromptChoice | null>();
  return (question) => {
    const key = alike(question, numbers);
    const known = choices.get(key);
    if (known !== undefined) return known;
    if (choices.size >= MOST_CHOICES) return null;
    const choice = chooseOne(question, parts);
    choices.set(key, choice);
    return choice;
  };
}

/** The texts without numbers that mean nothing: not those of brackets such as `(cat:1.4)`, nor of what a LoRA is called. */
function alike({ prompt, negativePrompt, loras }: ChoiceQuestion, numbers: ReadonlySet<string>): string {
  const text = prompt.replace(/(?<![\p{L}\d:.])\d+(?![\p{L}\d.])/gu, (number) => (numbers.has(number) ? number : "#"));
  return JSON.stringify([text, negativePrompt, loras]);
}

function chooseOne(
  question: ChoiceQuestion,
  { generate, facts, analyses, embeddings, seed }: ChooserParts,
): PromptChoice | null {
  const { spec, open, prompt, negativePrompt } = question;
  const model = profileNameOf(spec);
  if (model === null) return null;
  const request = requestOf(question, model, { generate, facts });
  const analysis = analyses.get(prompt) ?? analysePrompt(request);
  const usable = facts.loras.filter(({ family }) => question.loraFamilies.includes(family));
  const named = new Set(request.loras.map(({ lora }) => lora));
  const random = seededRandom(digestOf({ seed, prompt, negativePrompt }));
  const { learned } = facts;
  const { arm, taste } = tasteToChooseBy(learned, random);
  const family = profiles[model]?.loraFamily ?? "unknown";
  const subject = analysis.subject[0]?.value ?? "other";
  const choiceFacts = {
    loras: usable.map((lora) => lora.facts).filter(({ name }) => open.loras || named.has(name)),
    taste,
    past: facts.past,
    analysis,
    embedding: embeddings.get(prompt) ?? null,
    learned: arm === "holdout" ? {} : drawParameters(learned, { family, subject }, random),
  };
  const choice = decided(request, choiceFacts, generate.mode ?? "auto");
  const chosen = choice.loras.filter(({ given }) => !given);
  // Without a LoRA that was chosen, and with parameters that nobody left open, there is nothing to do or to tell.
  if (chosen.length === 0 && !open.parameters) return null;
  const isLearned = learned.ratings.length > 0 && (chosen.length > 0 || hasLearnedParameters(choice));
  return {
    loras: chosen.flatMap(({ id, strength }) => {
      const lora = usable.find(({ facts: known }) => known.id === id);
      return lora === undefined ? [] : [{ ...lora, name: lora.facts.name, strength: strength.value }];
    }),
    sampling: openSampling(choice, spec),
    size: { width: choice.parameters.width.value, height: choice.parameters.height.value },
    frames: question.isLengthOpen ? choice.parameters.frames.value : null,
    explanation: { ...explainChoice(choice), arm: isLearned ? arm : null },
  };
}

/** A run waits for nobody: what its spec says is what its user made of the proposal. */
function decided(request: ChoiceRequest, facts: ChoiceFacts, mode: ChoiceMode): Choice {
  const choice = choose(request, facts, mode);
  if (mode !== "assisted") return choice;
  return decide(choice, { drop: [], loras: request.loras, parameters: {} }, facts);
}

function requestOf(
  question: ChoiceQuestion,
  model: string,
  { generate, facts }: Pick<ChooserParts, "generate" | "facts">,
): ChoiceRequest {
  const { prompt, negativePrompt, maxLoras } = question;
  const { choose: wishes = Choosing.parse({}), constraints } = generate;
  return {
    prompt: prompt.slice(0, MAX_PROMPT_LENGTH),
    negativePrompt,
    model,
    loras: givenLoras(question, generate).map((use) => ({ ...use, lora: nameOf(use.lora, facts) })),
    parameters: givenParameters(question, constraints),
    constraints: limitsOf(constraints),
    preferences: preferencesOf({ ...wishes, maxLoras: Math.min(maxLoras, wishes.maxLoras) }),
  };
}

/** What choices call a LoRA that is named in any of the ways a spec may. */
function nameOf(lora: string, { loras }: ChoosingFacts): string {
  const known = loras.find(({ called, facts }) => [called, facts.id, facts.name].includes(lora));
  return known?.facts.name ?? lora;
}

/** The main LoRA by its name in the library; one that the run still makes has none. */
function givenLoras({ loras }: ChoiceQuestion, { lora: main, strengths }: GenerateSpec): GivenLora[] {
  return loras.flatMap(({ lora, strength }) => {
    if (lora !== MAIN_LORA) return [{ lora, strength }];
    return main === undefined ? [] : [{ lora: main, strength: strengths[0] ?? strength }];
  });
}

function givenParameters(question: ChoiceQuestion, limits: DrawingLimits | undefined): GivenParameters {
  const { spec, isSizeOpen } = question;
  const { steps, guidance, distilledGuidance, sampler, scheduler } = spec.sampling;
  const isDistilled = profiles[profileNameOf(spec) ?? ""]?.guidanceKind === "distilled";
  const sides = "width" in spec && !isSizeOpen ? { width: spec.width, height: spec.height } : {};
  const given = {
    steps,
    guidance: isDistilled ? distilledGuidance : guidance,
    sampler,
    scheduler,
    ...sides,
    frames: framesOf(spec),
    offload: limits?.offload,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Frames that the spec says; undefined for pictures, and for clips whose length it leaves open. */
function framesOf(spec: DrawnSpec): number | undefined {
  if (spec.kind === "text-to-video" && spec.still) return 1;
  return "frames" in spec ? spec.frames : undefined;
}

/** What the spec itself says stays as it is. */
function openSampling(choice: Choice, { sampling }: DrawnSpec): PromptChoice["sampling"] {
  return Object.fromEntries(Object.entries(samplingOf(choice)).filter(([name]) => !(name in sampling)));
}

function hasLearnedParameters({ parameters }: Choice): boolean {
  return Object.values(parameters).some(({ source }) => source === "learned");
}

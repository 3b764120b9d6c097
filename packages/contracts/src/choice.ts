import { z } from "zod";
import { ChoiceMode, Offload, WeightPrecision } from "./choice-request.ts";
import { PromptAnalysis, PromptWords } from "./intelligence.ts";

/** Why a LoRA suits a prompt or does not: points are log-odds, so one point makes the odds 2.7 times as good. */
export const LoraReason = z.object({
  kind: z.enum(["start", "trigger-word", "words", "style", "subject", "embedding", "taste"]),
  points: z.number(),
  text: z.string(),
  words: z.array(PromptWords),
});
export type LoraReason = z.output<typeof LoraReason>;

/** What would come out if something were different. */
export const Counterfactual = z.object({
  change: z.enum(["without-lora", "without-word", "preference"]),
  text: z.string(),
});
export type Counterfactual = z.output<typeof Counterfactual>;

export const SuggestedStrength = z.object({
  value: z.number().min(0).max(2),
  source: z.enum(["given", "ratings", "metadata", "default"]),
  reason: z.string(),
});

/** A LoRA that is applied. `score` and `confidence` are null for one that is given and not in the library. */
export const ChosenLora = z.object({
  name: z.string(),
  id: z.string().nullable(),
  given: z.boolean(),
  confidence: z.number().min(0).max(1).nullable(),
  score: z.number().nullable().describe("Sum of the reasons' points; the confidence is its logistic"),
  reasons: z.array(LoraReason),
  strength: SuggestedStrength,
  triggerWords: z.array(z.string()).describe("Those the prompt lacks although the LoRA listens to one of them"),
  counterfactuals: z.array(Counterfactual),
});
export type ChosenLora = z.output<typeof ChosenLora>;

/** A LoRA that suits somewhat and is not applied. */
export const PassedLora = z.object({
  name: z.string(),
  id: z.string(),
  confidence: z.number().min(0).max(1),
  because: z.enum(["confidence", "count", "style", "same-words", "budget"]),
  text: z.string(),
});
export type PassedLora = z.output<typeof PassedLora>;

const parameter = <T extends z.ZodType>(value: T) =>
  z.object({ value, source: z.enum(["given", "family", "constraint", "learned"]), reason: z.string() });

export const ChosenParameters = z.object({
  steps: parameter(z.int()),
  guidance: parameter(z.number()),
  sampler: parameter(z.string()),
  scheduler: parameter(z.string()),
  width: parameter(z.int()),
  height: parameter(z.int()),
  frames: parameter(z.int()),
  precision: parameter(WeightPrecision),
  offload: parameter(Offload),
});
export type ChosenParameters = z.output<typeof ChosenParameters>;

const Quantiles = z.object({ p50: z.number(), p90: z.number() });

/** What one picture or clip will probably take. */
export const DrawingEstimate = z.object({
  seconds: Quantiles.describe("Without loading the base model"),
  vramBytes: Quantiles,
  jobs: z.int().describe("Finished jobs that the seconds rest on; 0: on the documented prior alone"),
});
export type DrawingEstimate = z.output<typeof DrawingEstimate>;

/** A choice of LoRAs and parameters with all its reasons, as it is kept beside a generation and shown. */
export const ChoiceExplanation = z.object({
  format: z.literal("loramill-choice/1"),
  mode: ChoiceMode,
  state: z.enum(["proposed", "decided"]).describe("A proposal waits for its user's edits"),
  arm: z
    .enum(["learned", "holdout"])
    .nullable()
    .optional()
    .describe("Whether it was made by what ratings teach or, for comparison, without; null where neither had a say"),
  model: z.string(),
  summary: z.string(),
  prompt: PromptAnalysis,
  loras: z.array(ChosenLora),
  passed: z.array(PassedLora),
  comparison: z
    .string()
    .optional()
    .describe(
      "What LoRAs were compared with the prompt by: words alone, or an embedder too; left out by older choices",
    ),
  parameters: ChosenParameters,
  guidanceKind: z.enum(["cfg", "distilled"]),
  estimate: DrawingEstimate,
  warnings: z.array(z.string()),
  performance: z.array(z.string()),
  wouldChange: z.array(z.string()),
});
export type ChoiceExplanation = z.output<typeof ChoiceExplanation>;

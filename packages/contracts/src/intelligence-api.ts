import { z } from "zod";
import { ChoiceExplanation } from "./choice.ts";
import { GivenLora, GivenParameters } from "./choice-request.ts";
import { JsonObject } from "./digest.ts";
import { Choosing, DrawingLimits } from "./generate-choosing.ts";
import { MAX_PROMPT_LENGTH, PromptAnalysis } from "./intelligence.ts";
import { Name } from "./name.ts";
import { Charge } from "./records.ts";

const Project = Name.default("default");

const texts = {
  prompt: z.string().min(1).max(MAX_PROMPT_LENGTH),
  negativePrompt: z.string().max(MAX_PROMPT_LENGTH).default(""),
};

export const PromptAnalysisRequest = z
  .strictObject(texts)
  .meta({ examples: [{ prompt: "an old wizard in a library, oil painting", negativePrompt: "blurry" }] });

export const PromptAnalysisAnswer = PromptAnalysis.extend({
  charges: z.array(Charge).describe("What a language model was paid for it; it belongs to no run"),
});
export type PromptAnalysisAnswer = z.output<typeof PromptAnalysisAnswer>;

/** What is asked for and given; everything else is recommended. */
export const RecommendationRequest = z
  .strictObject({
    ...texts,
    project: Project,
    model: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe("What draws, such as sdxl or flux-dev; left out: what the first available backend draws with"),
    loras: z.array(GivenLora).max(16).default([]),
    parameters: GivenParameters.prefault({}),
    constraints: DrawingLimits.prefault({}),
    choose: Choosing.prefault({}),
  })
  .meta({
    examples: [
      {
        prompt: "anime girl in a misty forest",
        model: "sdxl",
        constraints: { maxSeconds: 20, maxVramGb: 12, priority: "balanced" },
        choose: { maxLoras: 2 },
      },
    ],
  });
export type RecommendationRequest = z.output<typeof RecommendationRequest>;
export type RecommendationRequestInput = z.input<typeof RecommendationRequest>;

export const Recommendation = z.object({
  explanation: ChoiceExplanation,
  generate: JsonObject.describe("`generate` of a run spec that uses the recommendation: edit it, then submit it"),
  charges: z.array(Charge).describe("What a language model was paid for reading the prompt; it belongs to no run"),
});
export type Recommendation = z.output<typeof Recommendation>;

/** LoRAs alone, of a recommendation. */
export const LoraSuggestions = Recommendation.pick({ charges: true }).extend(
  ChoiceExplanation.pick({ model: true, loras: true, passed: true, comparison: true }).shape,
);
export type LoraSuggestions = z.output<typeof LoraSuggestions>;

export const GenerationRatingRequest = z
  .strictObject({
    stars: z.int().min(1).max(5),
    comment: z.string().max(2000).default(""),
    batch: Name.optional().describe("What it is sent with, such as an import; what a roll-back names"),
    by: Name.optional().describe("Who rates; default: the API key"),
  })
  .meta({ examples: [{ stars: 5, comment: "just like her", batch: "week-47", by: "ann" }] });
export type GenerationRatingInput = z.input<typeof GenerationRatingRequest>;

export const RatingView = z.object({
  id: z.int(),
  generation: z.string(),
  manifest: z.string().describe("Digest of everything that made the generation"),
  by: z.string(),
  stars: z.int(),
  comment: z.string(),
  batch: z.string().nullable(),
  arm: z.enum(["learned", "holdout"]).nullable(),
  at: z.iso.datetime(),
});
export type RatingView = z.output<typeof RatingView>;

const time = z.iso.datetime({ offset: true });

/** Which ratings; all of what is given must fit. */
const selection = {
  batch: Name.optional(),
  by: Name.optional(),
  since: time.optional().describe("Given then or later"),
  until: time.optional().describe("Given before"),
};
export const RatingSelection = z
  .strictObject({ project: Project, ...selection })
  .meta({ examples: [{ batch: "week-47" }, { by: "ann", since: "2026-11-21T08:00:00Z" }] });
export type RatingSelectionInput = z.input<typeof RatingSelection>;
export const RatingQuery = z.strictObject({
  project: Project,
  ...selection,
  generation: z.string().max(100).optional().describe("Of this one: its id, or the SHA-256 of its file"),
  after: z.coerce.number().int().min(0).optional().describe("`next` of the page before"),
});
export const RatingPage = z.object({
  items: z.array(RatingView),
  next: z.int().nullable().describe("`after` of the next page"),
});
export const RatingsChanged = z.object({ ratings: z.int() });
export const RatingExportQuery = z.strictObject({ project: Project, format: z.enum(["json", "csv"]).default("json") });
export const LearningQuery = z.strictObject({ project: Project });

const Arm = z.object({ ratings: z.int(), stars: z.number().nullable() });

/** What ratings taught so far, and how good what was stated has been. */
export const LearningView = z.object({
  ratings: z.int(),
  calibration: z.object({
    forecasts: z.int(),
    brier: z.number().nullable().describe("Mean squared distance from what happened; 0.25 for a coin"),
    error: z.number().nullable().describe("Mean distance of stated from observed, over ten bins"),
    curve: z.array(
      z.object({ from: z.number(), to: z.number(), forecasts: z.int(), stated: z.number(), observed: z.number() }),
    ),
  }),
  lift: z.object({
    learned: Arm,
    holdout: Arm,
    stars: z
      .object({ estimate: z.number(), low: z.number(), high: z.number() })
      .nullable()
      .describe("Stars that learning brings, with a 95 % interval"),
  }),
  suspects: z.array(
    z.object({
      rater: z.string(),
      ratings: z.int(),
      reliability: z.number(),
      leniency: z.number(),
      reasons: z.array(z.string()),
      batches: z.array(z.string()),
    }),
  ),
});
export type LearningView = z.output<typeof LearningView>;

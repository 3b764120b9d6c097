import {
  ChoiceExplanation,
  type GenerationRatingInput,
  LearningView,
  LoraSuggestions,
  PromptAnalysisAnswer,
  RatingPage,
  type RatingSelectionInput,
  RatingsChanged,
  RatingView,
  Recommendation,
  type RecommendationRequestInput,
} from "@loramill/contracts";
import type { Caller } from "./caller.ts";

interface Signalled {
  readonly signal?: AbortSignal;
}

type Which = RatingSelectionInput & Signalled;

/** Recommendations, explanations, ratings and what was learned from them. */
export function intelligenceCalls({ call, open }: Pick<Caller, "call" | "open">) {
  const change = (path: "rollback" | "restore", { signal, ...body }: Which) =>
    call({ method: "POST", path: `/v1/ratings/${path}`, body, answer: RatingsChanged, signal });
  return {
    recommend: (body: RecommendationRequestInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/recommendations", body, answer: Recommendation, signal }),
    suggestLoras: (body: RecommendationRequestInput, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/loras/suggestions", body, answer: LoraSuggestions, signal }),
    analysePrompt: (body: { readonly prompt: string; readonly negativePrompt?: string }, signal?: AbortSignal) =>
      call({ method: "POST", path: "/v1/prompts/analysis", body, answer: PromptAnalysisAnswer, signal }),
    /** Why a generation is what it is; by its id or the SHA-256 of its file. */
    explanation: (generation: string, signal?: AbortSignal) =>
      call({ path: `/v1/generations/${generation}/explanation`, answer: ChoiceExplanation, signal }),
    /** By its id or the SHA-256 of its file. */
    rate: (generation: string, body: GenerationRatingInput, signal?: AbortSignal) =>
      call({ method: "POST", path: `/v1/generations/${generation}/ratings`, body, answer: RatingView, signal }),
    /** Oldest first; `after` is `next` of the page before. */
    ratings: ({ signal, ...query }: Which & { readonly generation?: string; readonly after?: number } = {}) =>
      call({ path: "/v1/ratings", query, answer: RatingPage, signal }),
    rollBackRatings: (which: Which) => change("rollback", which),
    restoreRatings: (which: Which) => change("restore", which),
    /** The text of an export. */
    async exportRatings({ project = "default", format = "json" }: RatingExport = {}, signal?: AbortSignal) {
      const query = new URLSearchParams({ project, format });
      return (await open(`/v1/ratings/export?${query}`, signal)).text();
    },
    learning: ({ signal, ...query }: { readonly project?: string } & Signalled = {}) =>
      call({ path: "/v1/learning", query, answer: LearningView, signal }),
  };
}

interface RatingExport {
  readonly project?: string;
  readonly format?: "json" | "csv";
}

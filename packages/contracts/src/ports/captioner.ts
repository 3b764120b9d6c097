import type { CaptionStyle } from "../caption-spec.ts";
import type { PreparedImage } from "../dataset-documents.ts";
import type { JsonObject } from "../digest.ts";
import type { Charge } from "../records.ts";
import type { Availability } from "./training-backend.ts";

/**
 * Where a captioner notes what it has asked for before it waits for the answer, so that whoever asks the same question
 * after a crash finds the paid work instead of ordering it again. Kept under the question's own key.
 */
export interface CaptionIntent {
  find(): Promise<unknown>;
  put(value: JsonObject): Promise<void>;
}

export interface CaptionRequest {
  readonly image: PreparedImage;
  /** Reads the prepared picture; captioners that need no pixels never call it. */
  readonly pixels: () => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string }>;
  readonly style: CaptionStyle;
  /** Left out, a lost answer is paid for again. */
  readonly intent?: CaptionIntent;
  /** Told of what was paid for an answer that is then refused by an error: an empty one, or a model that would not. */
  readonly wasted?: (charge: Charge) => void;
}

export interface CaptionAnswer {
  readonly text: string;
  readonly charges: readonly Charge[];
  /** What was asked beside the picture, where something was. */
  readonly prompt?: string;
}

export interface Captioner {
  /** Provider and version, such as `describe/1` or `openai:llava`; part of the key of every caption. */
  readonly id: string;
  /** How many pictures may be asked about at once, at most. */
  readonly concurrency: number;
  /** Whatever else decides its answers; part of the key of every caption, as is the id. */
  readonly settings?: JsonObject;
  /**
   * What decides its answer beside the pixels, the style's question and the settings, such as a caption that it goes on
   * from; part of the key of that picture's caption. Left out: nothing.
   */
  readonly beside?: (request: Pick<CaptionRequest, "image" | "style">) => JsonObject;
  /** How often it may be asked by all workers together; left out: as often as it answers. */
  readonly requestsPerMinute?: number;
  /** How many pictures all workers together may ask about at once; left out: `concurrency` for each. */
  readonly atOnce?: number;
  /** What a caption is expected to cost, in micro-USD; left out: nothing. */
  readonly estimateMicroUsd?: number;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  caption(request: CaptionRequest, signal: AbortSignal): Promise<CaptionAnswer>;
}

/** Writes text from text: what several captioners said becomes one caption. */
export interface TextModel {
  readonly id: string;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  complete(
    question: { readonly system: string; readonly user: string; readonly maxTokens: number },
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly charges: readonly Charge[] }>;
}

/** Pictures and texts to points of one space: a text that says what a picture shows lies close to it. */
export interface ImageTextEmbedder {
  /** Model and version; vectors of different ids are never compared. */
  readonly id: string;
  /** Longest text that is looked at, in tokens, the start and end marks included; 77 for CLIP. */
  readonly maxTokens: number;
  /** Tokens of a text, the marks included; left out where it can only be estimated. */
  readonly countTokens?: (text: string) => number;
  isAvailable(signal?: AbortSignal): Promise<Availability>;
  /** Unit-length vectors. */
  embedImage(picture: Uint8Array, signal: AbortSignal): Promise<Float32Array>;
  embedTexts(texts: readonly string[], signal: AbortSignal): Promise<readonly Float32Array[]>;
}

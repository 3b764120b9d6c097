import { z } from "zod";
import { Digest } from "./digest.ts";
import { ITEMS_PER_PART, Refusal } from "./document-parts.ts";

/** What one captioner of several said, or why it said nothing. */
export const CaptionVoice = z.object({
  provider: z.string(),
  raw: z.string(),
  prompt: z.string().max(4096).optional(),
  microUsd: z.int().min(0).default(0),
  /** Code and message of the error that came instead of an answer. */
  failure: z.object({ code: z.string().max(64), message: z.string().max(1000) }).optional(),
});
export type CaptionVoice = z.output<typeof CaptionVoice>;

export const Caption = z.object({
  image: Digest,
  path: z.string(),
  text: z.string(),
  /** Id of the captioner (`describe/1`, `openai:model`), or `sidecar` for a caption that came with the picture. */
  provider: z.string(),
  /** What the captioner said before the clean-up. */
  raw: z.string(),
  /** The question that was asked beside the picture, where one was. */
  prompt: z.string().max(4096).optional(),
  /** What asking cost in this run: nothing when the answer was known. */
  microUsd: z.int().min(0).optional(),
  /** Every captioner's answer, where several were asked; `provider` names the one that was taken, or how they were combined. */
  voices: z.array(CaptionVoice).max(8).optional(),
});
export type Caption = z.output<typeof Caption>;
export const CaptionPart = z.object({ captions: z.array(Caption).max(ITEMS_PER_PART), refused: z.array(Refusal) });
export type CaptionPart = z.output<typeof CaptionPart>;

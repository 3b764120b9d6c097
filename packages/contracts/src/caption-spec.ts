import { z } from "zod";

export const CaptionStyle = z.strictObject({
  triggerWord: z.string().max(64).optional().describe("Put first in every caption"),
  className: z.string().max(64).optional().describe("What the subject is, such as `dog`"),
  template: z
    .string()
    .max(512)
    .default("a photo of {subject}")
    .describe("For `simple`: {subject}, {class}, {trigger}, {folder}, {file}"),
  existing: z
    .enum(["keep", "replace", "combine"])
    .default("keep")
    .describe("What happens to captions that came with the pictures"),
  maxWords: z.int().min(1).max(512).default(75).describe("Longer captions are cut at a word"),
  tags: z.array(z.string().max(64)).max(32).default([]).describe("Style tags added at the end"),
});
export type CaptionStyle = z.output<typeof CaptionStyle>;

export const CaptionSpec = CaptionStyle.extend({
  provider: z
    .enum(["auto", "simple", "describe", "openai"])
    .default("auto")
    .describe("`auto`: what is configured, in the order openai, describe"),
});
export type CaptionSpec = z.output<typeof CaptionSpec>;

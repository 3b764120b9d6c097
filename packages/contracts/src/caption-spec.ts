import { z } from "zod";

/** Names that a spec asks captioners by; `auto` chooses among them. */
export const CaptionProvider = z.enum([
  "simple",
  "describe",
  "metadata",
  "sidecar",
  "openai",
  "ollama",
  "huggingface",
  "replicate",
  "transformers",
  "wd-tagger",
  "interrogator",
]);
export type CaptionProvider = z.output<typeof CaptionProvider>;

const Phrase = z.string().min(1).max(128);

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
  recipe: z
    .enum(["identity", "style", "product"])
    .optional()
    .describe("What the LoRA is to learn: what always stays the same is then left out of the captions"),
  form: z
    .enum(["prose", "tags"])
    .optional()
    .describe("Sentences, or a list of short tags; left out, captions stay in the form they were written in"),
  prompt: z.string().min(1).max(2000).optional().describe("Question for vision models, instead of our own"),
  prefix: z.string().min(1).max(256).optional().describe("Put before every caption, after the trigger word"),
  suffix: z.string().min(1).max(256).optional().describe("Put after every caption, before the style tags"),
  include: z.array(Phrase).max(32).optional().describe("Words that every caption must have; added where missing"),
  exclude: z.array(Phrase).max(64).optional().describe("Words that no caption may have; taken out"),
  replace: z
    .array(z.strictObject({ from: Phrase, to: z.string().max(128) }))
    .max(64)
    .optional()
    .describe("Words replaced by others, in this order"),
  invented: z
    .enum(["keep", "marks", "names"])
    .optional()
    .describe(
      "What is taken out of a model's answer as made up: `marks` (when left out) what it says of watermarks, signatures and stock photos; `names` these and names that neither the path, the file nor this spec has; `keep` nothing",
    ),
  maxCharacters: z.int().min(8).max(8192).optional().describe("Longer captions are cut at a word"),
  maxTokens: z
    .int()
    .min(8)
    .max(512)
    .optional()
    .describe(
      "Longer captions are cut at a word; such as 75 for CLIP; estimated on the safe side unless a tokenizer is configured",
    ),
  tokenizer: z.enum(["clip", "t5"]).optional().describe("Whose tokens `maxTokens` counts; clip when left out"),
});
export type CaptionStyle = z.output<typeof CaptionStyle>;

export const CaptionSpec = CaptionStyle.extend({
  provider: CaptionProvider.or(z.literal("auto"))
    .default("auto")
    .describe("`auto`: what is configured, in the order openai, ollama, huggingface, replicate, describe"),
  providers: z
    .array(CaptionProvider)
    .min(1)
    .max(8)
    .optional()
    .describe("Several captioners instead of `provider`, in order of preference"),
  combine: z
    .enum(["first", "longest", "vote", "fuse", "best"])
    .optional()
    .describe(
      "What is made of several answers: the first that comes, the longest, what most of them say, one text written from all, or the one closest to the picture",
    ),
  budgetUsdPerImage: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("What captioning may cost per picture on average; when it is spent, only free captioners are asked"),
});
export type CaptionSpec = z.output<typeof CaptionSpec>;

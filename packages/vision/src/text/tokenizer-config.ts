import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

const file = (model: string) =>
  z
    .string()
    .min(1)
    .optional()
    .describe(
      `tokenizer.json of ${model} on this machine: caption.maxTokens then counts exactly what the model reads; left out, a safe estimate`,
    );

/** The tokenizers that captions are measured with, as far as their files are given. */
export const tokenizerConfig = defineConfig({ CLIP_TOKENIZER: file("CLIP"), T5_TOKENIZER: file("T5") }, (env) => ({
  clip: env.CLIP_TOKENIZER ?? null,
  t5: env.T5_TOKENIZER ?? null,
}));

export type TokenizerOptions = ReturnType<typeof tokenizerConfig.options>;

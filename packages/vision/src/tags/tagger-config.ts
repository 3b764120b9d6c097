import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

const share = (value: number) => z.coerce.number().min(0).max(1).default(value);

/** A tagger of your own, as far as there is one. */
export const taggerConfig = defineConfig(
  {
    WD_TAGGER_MODEL: z
      .string()
      .min(1)
      .optional()
      .describe("model.onnx of a WD tagger (SmilingWolf's v2 and v3 models) on this machine; left out, none"),
    WD_TAGGER_TAGS: z
      .string()
      .min(1)
      .optional()
      .describe("selected_tags.csv of that tagger; default: the file of this name beside WD_TAGGER_MODEL"),
    WD_TAGGER_THRESHOLD: share(0.35).describe("How sure a tag must be, 0..1"),
    WD_TAGGER_CHARACTER_THRESHOLD: share(0.85).describe("How sure the name of a character must be, 0..1"),
    WD_TAGGER_THREADS: z.coerce.number().int().min(1).max(64).default(2).describe("CPU threads of the tagger"),
  },
  (env) =>
    env.WD_TAGGER_MODEL === undefined
      ? null
      : {
          model: env.WD_TAGGER_MODEL,
          tags: env.WD_TAGGER_TAGS ?? null,
          threshold: env.WD_TAGGER_THRESHOLD,
          characterThreshold: env.WD_TAGGER_CHARACTER_THRESHOLD,
          threads: env.WD_TAGGER_THREADS,
        },
);

/** Null where no tagger is configured. */
export type TaggerOptions = ReturnType<typeof taggerConfig.options>;

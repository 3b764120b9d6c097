import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** A model that compares pictures with texts, as far as there is one. */
export const embedderConfig = defineConfig(
  {
    CLIP_MODEL: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Folder of a CLIP model in ONNX on this machine, as published for transformers.js: judges captions (caption.combine: best) and interrogates; left out, none",
      ),
    CLIP_THREADS: z.coerce.number().int().min(1).max(64).default(2).describe("CPU threads of that model"),
  },
  (env) => (env.CLIP_MODEL === undefined ? null : { folder: env.CLIP_MODEL, threads: env.CLIP_THREADS }),
);

/** Null where no model is configured. */
export type EmbedderOptions = ReturnType<typeof embedderConfig.options>;

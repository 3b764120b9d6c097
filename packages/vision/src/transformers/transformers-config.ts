import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** A captioning model that runs here through transformers.js, as far as there is one. */
export const transformersConfig = defineConfig(
  {
    TRANSFORMERS_MODEL: z
      .string()
      .regex(/^[\w.-]+(?:\/[\w.-]+)?$/, "must be a name such as onnx-community/Florence-2-base-ft")
      .optional()
      .describe(
        "Captioning model that transformers.js runs on this machine: Florence-2 or ViT-GPT2, by its name below TRANSFORMERS_MODELS; left out, none",
      ),
    TRANSFORMERS_MODELS: z
      .string()
      .min(1)
      .default("models")
      .describe("Folder of models in the layout of transformers.js: <owner>/<name>/config.json, onnx/*.onnx and so on"),
    TRANSFORMERS_HUB: z
      .stringbool()
      .default(false)
      .describe("Whether a model that is not there may be downloaded from Hugging Face into that folder"),
    TRANSFORMERS_DETAIL: z
      .enum(["caption", "detailed", "more-detailed"])
      .default("detailed")
      .describe("How much Florence-2 says of a picture; ViT-GPT2 always says one sentence"),
    TRANSFORMERS_DTYPE: z
      .enum(["fp32", "fp16", "q8", "int8", "uint8", "q4", "q4f16", "bnb4"])
      .default("fp32")
      .describe("Which of the model's files are taken, by the numbers that they hold"),
    TRANSFORMERS_DEVICE: z
      .enum(["cpu", "cuda", "dml", "coreml", "webgpu"])
      .default("cpu")
      .describe("What computes; all but cpu need what ONNX Runtime needs for it"),
    TRANSFORMERS_MAX_NEW_TOKENS: z.coerce
      .number()
      .int()
      .min(8)
      .max(1024)
      .default(256)
      .describe("Longest answer, in tokens of the model"),
  },
  (env) =>
    env.TRANSFORMERS_MODEL === undefined
      ? null
      : {
          model: env.TRANSFORMERS_MODEL,
          models: env.TRANSFORMERS_MODELS,
          hub: env.TRANSFORMERS_HUB,
          detail: env.TRANSFORMERS_DETAIL,
          dtype: env.TRANSFORMERS_DTYPE,
          device: env.TRANSFORMERS_DEVICE,
          maxNewTokens: env.TRANSFORMERS_MAX_NEW_TOKENS,
        },
);

/** Null where no model is configured. */
export type TransformersOptions = ReturnType<typeof transformersConfig.options>;

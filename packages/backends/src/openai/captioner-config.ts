import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { z } from "zod";

const dollars = z.coerce.number().min(0).max(1000).default(0);

/** The vision endpoint that writes captions, if there is one. */
export const captionerConfig = defineConfig(
  {
    LLAVA_API_URL: EndpointUrl.optional().describe(
      "OpenAI-compatible vision endpoint for captions (vLLM, SGLang, LM Studio, Ollama /v1, a router); left out, none",
    ),
    LLAVA_API_KEY: z.string().min(1).optional().describe("Bearer key of LLAVA_API_URL, if it wants one"),
    LLAVA_MODEL: z.string().min(1).max(100).default("llava").describe("Model that the endpoint is asked for"),
    LLAVA_TIMEOUT_SECONDS: z.coerce
      .number()
      .min(1)
      .max(600)
      .default(120)
      .describe("Seconds until one caption must have been answered"),
    LLAVA_INPUT_USD_PER_MILLION_TOKENS: dollars.describe(
      "Price of what is sent, for the ledger; 0 on your own machine",
    ),
    LLAVA_OUTPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is answered, for the ledger"),
    CAPTION_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .default(8)
      .describe("Pictures that one captioning job asks about at once"),
  },
  (env) => ({
    openai:
      env.LLAVA_API_URL === undefined
        ? null
        : {
            url: env.LLAVA_API_URL,
            apiKey: env.LLAVA_API_KEY ?? null,
            model: env.LLAVA_MODEL,
            timeoutMs: env.LLAVA_TIMEOUT_SECONDS * 1000,
            concurrency: env.CAPTION_CONCURRENCY,
            inputUsdPerMillionTokens: env.LLAVA_INPUT_USD_PER_MILLION_TOKENS,
            outputUsdPerMillionTokens: env.LLAVA_OUTPUT_USD_PER_MILLION_TOKENS,
          },
  }),
);

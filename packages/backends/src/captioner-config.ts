import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { z } from "zod";

const dollars = z.coerce.number().min(0).max(1000).default(0);
const model = z.string().min(1).max(200);
const seconds = (value: number) => z.coerce.number().min(1).max(600).default(value);
const perMinute = z.coerce.number().min(1).max(100_000).optional();
const PER_MINUTE = "Most captions asked for per minute, by all workers together; left out, as many as it answers";
const atOnce = z.coerce.number().int().min(1).max(10_000).optional();
const AT_ONCE = "Most pictures that all workers together ask about at once; left out, each keeps to its own limit";

/** The endpoints that write captions, as far as there are any. */
export const captionerConfig = defineConfig(
  {
    LLAVA_API_URL: EndpointUrl.optional().describe(
      "OpenAI-compatible vision endpoint for captions (vLLM, SGLang, LM Studio, Ollama /v1, a router); left out, none",
    ),
    LLAVA_API_KEY: z.string().min(1).optional().describe("Bearer key of LLAVA_API_URL, if it wants one"),
    LLAVA_MODEL: z.string().min(1).max(100).default("llava").describe("Model that the endpoint is asked for"),
    LLAVA_TIMEOUT_SECONDS: seconds(120).describe("Seconds until one caption must have been answered"),
    LLAVA_INPUT_USD_PER_MILLION_TOKENS: dollars.describe(
      "Price of what is sent, for the ledger; 0 on your own machine",
    ),
    LLAVA_OUTPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is answered, for the ledger"),
    LLAVA_REQUESTS_PER_MINUTE: perMinute.describe(PER_MINUTE),
    LLAVA_REQUESTS_AT_ONCE: atOnce.describe(AT_ONCE),
    CAPTION_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .default(128)
      .describe("Most pictures that a worker asks one endpoint about at once; how many it is follows from its answers"),
    OLLAMA_URL: EndpointUrl.optional().describe("Ollama server for captions and prompts"),
    OLLAMA_CAPTION_MODEL: model.default("llava").describe("Model that Ollama is asked for captions; it must see"),
    OLLAMA_CAPTION_TIMEOUT_SECONDS: seconds(300).describe(
      "Seconds until one caption must have been answered; the first one loads the model",
    ),
    OLLAMA_CAPTION_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Most pictures that a worker asks Ollama about at once; like its OLLAMA_NUM_PARALLEL"),
    OLLAMA_CAPTION_REQUESTS_PER_MINUTE: perMinute.describe(PER_MINUTE),
    OLLAMA_CAPTION_REQUESTS_AT_ONCE: atOnce.describe(AT_ONCE),
    HUGGINGFACE_TOKEN: z.string().min(1).optional().describe("Token for gated models on Hugging Face"),
    HUGGINGFACE_CAPTION_MODEL: model
      .default("Qwen/Qwen2.5-VL-7B-Instruct")
      .describe("Model that captions through Hugging Face; a suffix such as :cheapest chooses the provider"),
    HUGGINGFACE_CAPTION_URL: EndpointUrl.default("https://router.huggingface.co/v1").describe(
      "Hugging Face's router, or a dedicated endpoint of yours",
    ),
    HUGGINGFACE_CAPTION_TASK: z
      .enum(["chat", "image-to-text"])
      .default("chat")
      .describe("How that address is asked: chat completions, or BLIP's raw image-to-text of dedicated endpoints"),
    HUGGINGFACE_CAPTION_TIMEOUT_SECONDS: seconds(120).describe("Seconds until one caption must have been answered"),
    HUGGINGFACE_INPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is sent, for the ledger"),
    HUGGINGFACE_OUTPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is answered, for the ledger"),
    HUGGINGFACE_REQUESTS_PER_MINUTE: perMinute.describe(PER_MINUTE),
    HUGGINGFACE_REQUESTS_AT_ONCE: atOnce.describe(AT_ONCE),
    REPLICATE_API_TOKEN: z.string().min(1).optional().describe("Token for trainings on Replicate"),
    REPLICATE_API_URL: EndpointUrl.default("https://api.replicate.com/v1").describe("Where Replicate's API is"),
    REPLICATE_CAPTION_MODEL: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+(?::[0-9a-f]{64})?$/, "must be owner/name or owner/name:version")
      .default("andreasjansson/blip-2")
      .describe("Model that captions on Replicate, as owner/name:version; without a version the newest is taken"),
    REPLICATE_CAPTION_TIMEOUT_SECONDS: seconds(300).describe(
      "Seconds until one caption must have been answered, a cold start included",
    ),
    REPLICATE_CAPTION_USD_PER_SECOND: dollars
      .default(0.000975)
      .describe("Price of the machine that the model runs on, for the ledger; see the model's page"),
    REPLICATE_CAPTION_REQUESTS_PER_MINUTE: perMinute.default(500).describe(PER_MINUTE),
    REPLICATE_CAPTION_REQUESTS_AT_ONCE: atOnce.describe(AT_ONCE),
    CAPTION_FUSE_URL: EndpointUrl.optional().describe(
      "OpenAI-compatible text endpoint that makes one caption of several (caption.combine: fuse); left out, none",
    ),
    CAPTION_FUSE_API_KEY: z.string().min(1).optional().describe("Bearer key of CAPTION_FUSE_URL, if it wants one"),
    CAPTION_FUSE_MODEL: model.default("llama3.1").describe("Model that the text endpoint is asked for"),
    CAPTION_FUSE_INPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is sent, for the ledger"),
    CAPTION_FUSE_OUTPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is answered, for the ledger"),
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
            requestsPerMinute: env.LLAVA_REQUESTS_PER_MINUTE ?? null,
            atOnce: env.LLAVA_REQUESTS_AT_ONCE ?? null,
            inputUsdPerMillionTokens: env.LLAVA_INPUT_USD_PER_MILLION_TOKENS,
            outputUsdPerMillionTokens: env.LLAVA_OUTPUT_USD_PER_MILLION_TOKENS,
          },
    ollama:
      env.OLLAMA_URL === undefined
        ? null
        : {
            url: env.OLLAMA_URL,
            model: env.OLLAMA_CAPTION_MODEL,
            timeoutMs: env.OLLAMA_CAPTION_TIMEOUT_SECONDS * 1000,
            concurrency: env.OLLAMA_CAPTION_CONCURRENCY,
            requestsPerMinute: env.OLLAMA_CAPTION_REQUESTS_PER_MINUTE ?? null,
            atOnce: env.OLLAMA_CAPTION_REQUESTS_AT_ONCE ?? null,
          },
    huggingface:
      env.HUGGINGFACE_TOKEN === undefined
        ? null
        : {
            token: env.HUGGINGFACE_TOKEN,
            url: env.HUGGINGFACE_CAPTION_URL,
            task: env.HUGGINGFACE_CAPTION_TASK,
            model: env.HUGGINGFACE_CAPTION_MODEL,
            timeoutMs: env.HUGGINGFACE_CAPTION_TIMEOUT_SECONDS * 1000,
            concurrency: env.CAPTION_CONCURRENCY,
            requestsPerMinute: env.HUGGINGFACE_REQUESTS_PER_MINUTE ?? null,
            atOnce: env.HUGGINGFACE_REQUESTS_AT_ONCE ?? null,
            inputUsdPerMillionTokens: env.HUGGINGFACE_INPUT_USD_PER_MILLION_TOKENS,
            outputUsdPerMillionTokens: env.HUGGINGFACE_OUTPUT_USD_PER_MILLION_TOKENS,
          },
    replicate:
      env.REPLICATE_API_TOKEN === undefined
        ? null
        : {
            token: env.REPLICATE_API_TOKEN,
            url: env.REPLICATE_API_URL,
            model: env.REPLICATE_CAPTION_MODEL,
            timeoutMs: env.REPLICATE_CAPTION_TIMEOUT_SECONDS * 1000,
            concurrency: env.CAPTION_CONCURRENCY,
            requestsPerMinute: env.REPLICATE_CAPTION_REQUESTS_PER_MINUTE as number | null,
            atOnce: env.REPLICATE_CAPTION_REQUESTS_AT_ONCE ?? null,
            usdPerSecond: env.REPLICATE_CAPTION_USD_PER_SECOND,
          },
    fuser:
      env.CAPTION_FUSE_URL === undefined
        ? null
        : {
            url: env.CAPTION_FUSE_URL,
            apiKey: env.CAPTION_FUSE_API_KEY ?? null,
            model: env.CAPTION_FUSE_MODEL,
            timeoutMs: 120_000,
            inputUsdPerMillionTokens: env.CAPTION_FUSE_INPUT_USD_PER_MILLION_TOKENS,
            outputUsdPerMillionTokens: env.CAPTION_FUSE_OUTPUT_USD_PER_MILLION_TOKENS,
          },
  }),
);

/** Null for every endpoint that is not configured. */
export type CaptionerOptions = ReturnType<typeof captionerConfig.options>;

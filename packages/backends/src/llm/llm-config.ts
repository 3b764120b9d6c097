import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { z } from "zod";

const dollars = z.coerce.number().min(0).max(1000).default(0);

/** The language model that reads prompts, if there is one. */
export const llmConfig = defineConfig(
  {
    LLM_URL: EndpointUrl.optional().describe(
      "Language model that reads prompts: an Ollama server or any OpenAI-compatible one; left out, rules read them",
    ),
    LLM_MODEL: z.string().min(1).max(200).default("llama3.1").describe("Model that LLM_URL is asked for"),
    LLM_API_KEY: z.string().min(1).optional().describe("Bearer key of LLM_URL, if it wants one"),
    LLM_PROTOCOL: z
      .enum(["auto", "ollama", "openai"])
      .default("auto")
      .describe(
        "How LLM_URL is asked; auto: Ollama's own protocol on port 11434 unless the path is /v1, else OpenAI's",
      ),
    LLM_INPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is sent, for the ledger; 0 on your own machine"),
    LLM_OUTPUT_USD_PER_MILLION_TOKENS: dollars.describe("Price of what is answered, for the ledger"),
    LLM_TIMEOUT_SECONDS: z.coerce
      .number()
      .min(1)
      .max(600)
      .default(60)
      .describe("Seconds until a prompt must have been read; then the rules read it. The first one loads the model"),
  },
  (env) => ({
    llm:
      env.LLM_URL === undefined
        ? null
        : {
            url: env.LLM_URL,
            model: env.LLM_MODEL,
            apiKey: env.LLM_API_KEY ?? null,
            protocol: env.LLM_PROTOCOL === "auto" ? protocolOf(env.LLM_URL) : env.LLM_PROTOCOL,
            timeoutMs: env.LLM_TIMEOUT_SECONDS * 1000,
            inputUsdPerMillionTokens: env.LLM_INPUT_USD_PER_MILLION_TOKENS,
            outputUsdPerMillionTokens: env.LLM_OUTPUT_USD_PER_MILLION_TOKENS,
          },
  }),
);

/** Null where no model is configured. */
export type LlmOptions = ReturnType<typeof llmConfig.options>["llm"];

function protocolOf(url: string): "ollama" | "openai" {
  const { port, pathname } = new URL(url);
  const isOllamas = port === "11434" || /\/api\/?$/.test(pathname);
  return isOllamas && !/\/v1\b/.test(pathname) ? "ollama" : "openai";
}

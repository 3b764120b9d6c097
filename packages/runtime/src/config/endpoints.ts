import { defineConfig, EndpointUrl } from "@loramill/contracts";
import { z } from "zod";

const token = z.string().min(1).optional();

/** Other services that a mill may use, and its own address. HTTPS is required unless the host is this machine. */
export const endpointsConfig = defineConfig(
  {
    LORAMILL_URL: EndpointUrl.optional().describe(
      "API that the command line talks to; left out, a mill on this machine",
    ),
    OLLAMA_URL: EndpointUrl.optional().describe("Ollama server for captions and prompts"),
    HUGGINGFACE_TOKEN: token.describe("Token for gated models on Hugging Face"),
    REPLICATE_API_TOKEN: token.describe("Token for trainings and pictures on Replicate"),
    RUNPOD_API_KEY: token.describe("Key of RunPod, for its serverless endpoints and for renting machines"),
  },
  (env) => ({
    loramillUrl: env.LORAMILL_URL ?? null,
    ollamaUrl: env.OLLAMA_URL ?? null,
    huggingfaceToken: env.HUGGINGFACE_TOKEN ?? null,
    replicateToken: env.REPLICATE_API_TOKEN ?? null,
    runpodKey: env.RUNPOD_API_KEY ?? null,
  }),
);

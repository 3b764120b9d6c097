import { generationConfig } from "@loramill/backends";
import { volumeConfig } from "@loramill/compute";
import { defineConfig } from "@loramill/contracts";
import { pocketConfig } from "@loramill/pocket";
import { servicesConfig } from "@loramill/runtime";
import { videoConfig } from "@loramill/video";
import { z } from "zod";

const MB = 1024 * 1024;

/** What may go wrong with LoRAs, and what is done then. */
const loraUseConfig = defineConfig(
  {
    GENERATOR_MAX_LORA_MB: z.coerce
      .number()
      .min(1)
      .max(100_000)
      .default(4096)
      .describe("Largest LoRA file, in MiB, that is applied to pictures"),
    GENERATOR_FALLBACK_WORDS: z
      .string()
      .min(1)
      .optional()
      .describe("JSON file: beginning of a LoRA's name → words that stand in for it where it cannot be loaded"),
  },
  (env) => ({
    limits: { maxBytes: env.GENERATOR_MAX_LORA_MB * MB },
    fallbackWordsPath: env.GENERATOR_FALLBACK_WORDS ?? null,
  }),
);

/** What the generator reads besides what every worker reads. */
export const generatorWorkerConfig = {
  pocket: pocketConfig,
  loraUse: loraUseConfig,
  video: videoConfig,
  generation: generationConfig,
  /** How the serverless endpoint's volume is reached. */
  volumes: volumeConfig,
  /** Rules for addresses that services name. */
  sources: servicesConfig.sources,
} as const;

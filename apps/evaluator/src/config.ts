import { availableParallelism } from "node:os";
import { defineConfig, loraVariables } from "@loramill/contracts";
import { z } from "zod";

const loraToolsConfig = defineConfig(
  {
    LORA_THREADS: z.coerce
      .number()
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe("Threads that compute the modules of LoRAs; left out, one for each core"),
    ...loraVariables,
  },
  (env) => ({ threads: env.LORA_THREADS ?? availableParallelism(), maxBytes: env.LORA_MAX_BYTES }),
);

/** What the evaluator reads besides what every worker reads. */
export const evaluatorWorkerConfig = { loraTools: loraToolsConfig } as const;

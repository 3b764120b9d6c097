import { z } from "zod";

/** What every process reads that takes LoRA files into memory. */
export const loraVariables = {
  LORA_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(1024)
    .default(4 * 1024 ** 3)
    .describe("Largest LoRA file that is published or worked on, in bytes"),
} as const;

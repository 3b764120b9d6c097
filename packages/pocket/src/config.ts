import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** How the embedded engine computes. */
export const pocketConfig = defineConfig(
  {
    POCKET_THREADS: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(2)
      .describe("CPU threads of the pocket engine; trainings repeat exactly only with the same number"),
  },
  (env) => ({ threads: env.POCKET_THREADS }),
);

import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** How a process ends. */
export const processConfig = defineConfig(
  {
    SHUTDOWN_SECONDS: z.coerce
      .number()
      .min(1)
      .max(3_600)
      .default(40)
      .describe("Longest time from the signal to stop until the process gives up closing in order, in seconds"),
  },
  (env) => ({ shutdownMs: env.SHUTDOWN_SECONDS * 1_000 }),
);

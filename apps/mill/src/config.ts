import { apiConfig } from "@loramill/api";
import { defineConfig } from "@loramill/contracts";
import { dispatcherConfig } from "@loramill/dispatcher";
import { endpointsConfig, inner, servicesConfig } from "@loramill/runtime";
import { z } from "zod";

/** What only the mill reads: it is a process that a command line may start and forget. */
const idleConfig = defineConfig(
  {
    MILL_IDLE_EXIT_SECONDS: z.coerce
      .number()
      .min(1)
      .optional()
      .describe("The mill ends by itself after so long without a request or an open run; unset: never"),
  },
  (env) => ({ exitMs: env.MILL_IDLE_EXIT_SECONDS === undefined ? null : env.MILL_IDLE_EXIT_SECONDS * 1000 }),
);

export const millConfig = {
  ...servicesConfig,
  api: apiConfig,
  dispatcher: inner(dispatcherConfig, "dispatcher"),
  endpoints: endpointsConfig,
  idle: idleConfig,
} as const;

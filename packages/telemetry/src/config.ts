import { defineConfig } from "@loramill/contracts";
import { z } from "zod";

/** What a process says about itself, and where. */
export const telemetryConfig = defineConfig(
  {
    LOG_LEVEL: z
      .enum(["debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("Least severe log lines to write: debug, info, warn, error or silent"),
    METRICS_PORT: z.coerce
      .number()
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe("Port of a worker's /livez, /readyz and /metrics; left out, it opens none"),
    METRICS_HOST: z
      .string()
      .min(1)
      .default("127.0.0.1")
      .describe("Address that port listens on; 0.0.0.0 lets a cluster's probes in"),
  },
  (env) => ({
    logLevel: env.LOG_LEVEL,
    health: env.METRICS_PORT === undefined ? null : { host: env.METRICS_HOST, port: env.METRICS_PORT },
  }),
);

import { defineConfig } from "@loramill/contracts";
import { z } from "zod";
import type { BootPatience } from "./boot-limits.ts";
import { defaultFleetSettings } from "./fleet-settings.ts";

const usual = defaultFleetSettings.bootPatience;
const seconds = (defaultMs: number) =>
  z.coerce
    .number()
    .min(1)
    .max(86_400)
    .default(defaultMs / 1_000);

/** When a boot is given up: read by who watches it, and by who plans and quotes what those that fail cost. */
export const bootPatienceConfig = defineConfig(
  {
    FLEET_START_SECONDS: seconds(usual.startMs).describe(
      "A rented machine must run within this; big images are pulled for many minutes",
    ),
    FLEET_ANSWER_SECONDS: seconds(usual.answerMs).describe(
      "The pod-agent of a rented machine must have answered within this",
    ),
    FLEET_BOOT_PATIENCE: z.coerce
      .number()
      .min(1)
      .max(1_000)
      .default(usual.timesP90)
      .describe("Where boots of an offer are known, one is given up after so many times what nine in ten of them took"),
    FLEET_BOOT_LEAST_SECONDS: seconds(usual.leastMs).describe(
      "But never sooner than this, and never later than FLEET_START_SECONDS and FLEET_ANSWER_SECONDS say",
    ),
  },
  (env): BootPatience => ({
    startMs: env.FLEET_START_SECONDS * 1_000,
    answerMs: env.FLEET_ANSWER_SECONDS * 1_000,
    timesP90: env.FLEET_BOOT_PATIENCE,
    leastMs: env.FLEET_BOOT_LEAST_SECONDS * 1_000,
  }),
);

import { defineConfig, microUsdFromUsd } from "@loramill/contracts";
import { z } from "zod";
import { bootPatienceConfig } from "./boot-patience-config.ts";
import { defaultFleetSettings, type FleetSettings } from "./fleet-settings.ts";
import { parseKeepWarm } from "./keep-warm.ts";

const MB = 1_000_000;
const usual = defaultFleetSettings;

/** How a fleet is run: read by who plans it, and by who quotes what its machines will cost. */
export const fleetSettingsConfig = defineConfig(
  {
    ...bootPatienceConfig.env.shape,
    FLEET_MAX_PODS: z.coerce
      .number()
      .int()
      .min(0)
      .max(10_000)
      .default(usual.maxPods)
      .describe("Rented machines at one moment, over all providers"),
    FLEET_IDLE_SECONDS: z.coerce
      .number()
      .min(0)
      .max(86_400)
      .default(usual.idleSeconds)
      .describe("A rented machine without work is given back after so long"),
    FLEET_KEEP_WARM: z
      .string()
      .default("")
      .transform((text, context) => {
        try {
          return parseKeepWarm(text);
        } catch (error) {
          context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
          return z.NEVER;
        }
      })
      .describe(
        "When machines without work are kept all the same: days, hours (UTC) and machines, as 1-5 08:00-18:00 2; several separated by ;",
      ),
    FLEET_WANTED_SECONDS: z.coerce
      .number()
      .min(1)
      .max(86_400)
      .default(usual.wantedSeconds)
      .describe("A wish for a machine that no offer has met for so long is made anew from the offers of that time"),
    FLEET_UNUSED_SECONDS: z.coerce
      .number()
      .min(60)
      .max(86_400)
      .default(usual.unusedSeconds)
      .describe(
        "A rented machine that is ready and begins none of the trainings planned for it is given back after so long",
      ),
    FLEET_WAIT_USD_PER_HOUR: z.coerce
      .number()
      .min(0)
      .max(1_000)
      .default(usual.waitMicroUsdPerHour / 1_000_000)
      .describe("What it is worth that a training is done an hour sooner; the higher, the more machines boot"),
    FLEET_PATIENCE: z
      .enum(["off", "deadline", "all"])
      .default(usual.patience)
      .describe(
        "Which trainings wait for an hour in which machines usually are cheaper: none, those with a deadline, or all (as far as FLEET_WAIT_USD_PER_HOUR allows)",
      ),
    FLEET_DOWNLOAD_MB_PER_SECOND: z.coerce
      .number()
      .min(0.1)
      .max(100_000)
      .default(usual.downloadBytesPerSecond / MB)
      .describe("At which rented machines are taken to fetch base models"),
    FLEET_CANDIDATES: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(usual.candidates)
      .describe("Offers that are tried one after the other for one machine, at most"),
    FLEET_SPOT_LOSSES_PER_HOUR: z.coerce
      .number()
      .min(0)
      .max(60)
      .default(usual.preemptionsPerHour)
      .describe("How often a spot machine is taken to be taken back, of offers without a record"),
  },
  (env): FleetSettings => ({
    ...usual,
    maxPods: env.FLEET_MAX_PODS,
    idleSeconds: env.FLEET_IDLE_SECONDS,
    keepWarm: env.FLEET_KEEP_WARM,
    wantedSeconds: env.FLEET_WANTED_SECONDS,
    bootPatience: bootPatienceConfig.options(env),
    unusedSeconds: env.FLEET_UNUSED_SECONDS,
    waitMicroUsdPerHour: microUsdFromUsd(env.FLEET_WAIT_USD_PER_HOUR),
    patience: env.FLEET_PATIENCE,
    candidates: env.FLEET_CANDIDATES,
    preemptionsPerHour: env.FLEET_SPOT_LOSSES_PER_HOUR,
    downloadBytesPerSecond: env.FLEET_DOWNLOAD_MB_PER_SECOND * MB,
  }),
);

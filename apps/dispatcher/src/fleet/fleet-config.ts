import { defineConfig, fleetVariables, microUsdFromUsd } from "@loramill/contracts";
import { defaultFleetSettings, type FleetSettings, parseKeepWarm } from "@loramill/fleet";
import { z } from "zod";

const MB = 1_000_000;
const usual = defaultFleetSettings;
const { FLEET_PROVIDERS, FLEET_NAME_PREFIX } = fleetVariables;

/** How machines are planned. Null where none are rented. */
export interface FleetPlanOptions {
  readonly providers: readonly string[];
  readonly namePrefix: string;
  readonly planMs: number;
  readonly settings: FleetSettings;
}

export const fleetPlanConfig = defineConfig(
  {
    FLEET_PROVIDERS,
    FLEET_NAME_PREFIX,
    FLEET_PLAN_SECONDS: z.coerce
      .number()
      .min(0.1)
      .max(3_600)
      .default(10)
      .describe("How often it is planned which machines to rent, keep and give back"),
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
    FLEET_WAIT_USD_PER_HOUR: z.coerce
      .number()
      .min(0)
      .max(1_000)
      .default(usual.waitMicroUsdPerHour / 1_000_000)
      .describe("What it is worth that a training is done an hour sooner; the higher, the more machines boot"),
    FLEET_DOWNLOAD_MB_PER_SECOND: z.coerce
      .number()
      .min(0.1)
      .max(100_000)
      .default(usual.downloadBytesPerSecond / MB)
      .describe("At which rented machines are taken to fetch base models"),
  },
  (env): FleetPlanOptions | null =>
    env.FLEET_PROVIDERS.length === 0
      ? null
      : {
          providers: env.FLEET_PROVIDERS,
          namePrefix: env.FLEET_NAME_PREFIX,
          planMs: env.FLEET_PLAN_SECONDS * 1_000,
          settings: {
            ...usual,
            maxPods: env.FLEET_MAX_PODS,
            idleSeconds: env.FLEET_IDLE_SECONDS,
            keepWarm: env.FLEET_KEEP_WARM,
            wantedSeconds: env.FLEET_WANTED_SECONDS,
            waitMicroUsdPerHour: microUsdFromUsd(env.FLEET_WAIT_USD_PER_HOUR),
            downloadBytesPerSecond: env.FLEET_DOWNLOAD_MB_PER_SECOND * MB,
          },
        },
);

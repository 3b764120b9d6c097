import { defineConfig, fleetVariables } from "@loramill/contracts";
import { type FleetSettings, fleetSettingsConfig } from "@loramill/fleet";
import { z } from "zod";

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
    ...fleetSettingsConfig.env.shape,
  },
  (env): FleetPlanOptions | null =>
    env.FLEET_PROVIDERS.length === 0
      ? null
      : {
          providers: env.FLEET_PROVIDERS,
          namePrefix: env.FLEET_NAME_PREFIX,
          planMs: env.FLEET_PLAN_SECONDS * 1_000,
          settings: fleetSettingsConfig.options(env),
        },
);

import { apiConfig, llmConfig } from "@loramill/api";
import { captionerWorkerConfig } from "@loramill/captioner";
import { defineConfig } from "@loramill/contracts";
import { curatorWorkerConfig } from "@loramill/curator";
import { dispatcherConfig, fleetPlanConfig } from "@loramill/dispatcher";
import { evaluatorWorkerConfig } from "@loramill/evaluator";
import { fleetSettingsConfig } from "@loramill/fleet";
import { generatorWorkerConfig } from "@loramill/generator";
import { provisionerWorkerConfig } from "@loramill/provisioner";
import { endpointsConfig, inner, servicesConfig } from "@loramill/runtime";
import { trainerWorkerConfig } from "@loramill/trainer";
import { webhookConfig } from "@loramill/webhooks";
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
  ...curatorWorkerConfig,
  ...captionerWorkerConfig,
  ...trainerWorkerConfig,
  ...evaluatorWorkerConfig,
  ...generatorWorkerConfig,
  ...provisionerWorkerConfig,
  endpoints: endpointsConfig,
  api: apiConfig,
  llm: llmConfig,
  dispatcher: inner(dispatcherConfig, "dispatcher"),
  fleetPlan: fleetPlanConfig,
  fleetSettings: fleetSettingsConfig,
  webhooks: webhookConfig,
  idle: idleConfig,
} as const;

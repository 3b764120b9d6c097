import { UserError } from "@loramill/contracts";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { createFleetMetrics } from "@loramill/telemetry";
import { createAgentProbe } from "./ask-agent.ts";
import { provisionerWorkerConfig } from "./config.ts";
import type { ProvisionerDeps } from "./deps.ts";
import { openProviders } from "./open-providers.ts";
import { startSurvey } from "./survey.ts";
import { tendMachine } from "./tend-machine.ts";

/** The worker of the queue `provision`, with the survey beside it. */
export const provisionerWorker = defineWorker({
  queue: "provision",
  config: provisionerWorkerConfig,
  open: async (context: WorkerContext<typeof provisionerWorkerConfig>): Promise<ProvisionerDeps> => {
    const { config, services, clock, log, opened, metrics } = context;
    const { catalog, stores } = services;
    const options = config.provisioner;
    if (options.agentSecret === null) {
      throw new UserError("FLEET_AGENT_SECRET: set it where machines are rented", { code: "bad-config" });
    }
    const fleetMetrics = createFleetMetrics(metrics);
    const providers = opened("providers", openProviders({ ...config, clock, log }), async (open) => {
      for (const provider of open.values()) await provider.close();
    });
    const shared = { providers, options, clock, metrics: fleetMetrics };
    opened("survey of the fleet", startSurvey({ ...shared, catalog, log }), (survey) => survey.stop());
    return {
      ...shared,
      fleet: catalog.fleet,
      documents: stores.documents,
      askAgent: createAgentProbe({ secret: options.agentSecret, fetch, clock }),
    };
  },
  processors: { "tend-machine": tendMachine },
});

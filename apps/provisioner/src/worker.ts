import { UserError } from "@loramill/contracts";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { openVolumeFiles } from "@loramill/storage";
import { createFleetMetrics } from "@loramill/telemetry";
import { createAgentProbe } from "./ask-agent.ts";
import { checkStore } from "./check-store.ts";
import { provisionerWorkerConfig } from "./config.ts";
import type { ProvisionerDeps } from "./deps.ts";
import { type FillDeps, fillVolume } from "./fill-volume.ts";
import { keepVolumes } from "./keep-volumes.ts";
import { openProviders } from "./open-providers.ts";
import { startSurvey } from "./survey.ts";
import { tendMachine } from "./tend-machine.ts";
import { createTurnstile } from "./turnstile.ts";

/** The worker of the queue `provision`, with the survey beside it. */
export const provisionerWorker = defineWorker({
  queue: "provision",
  config: provisionerWorkerConfig,
  open: async (
    context: WorkerContext<typeof provisionerWorkerConfig>,
  ): Promise<ProvisionerDeps & { readonly filling: FillDeps }> => {
    const { config, services, clock, log, opened, metrics } = context;
    const { catalog, stores } = services;
    const options = config.provisioner;
    if (options.agentSecret === null) {
      throw new UserError("FLEET_AGENT_SECRET: set it where machines are rented", { code: "bad-config" });
    }
    if (options.providers.includes("runpod")) await checkStore(stores.objects, config.runpod.url);
    const tokens = { secret: options.agentSecret, own: config.static.token };
    const fleetMetrics = createFleetMetrics(metrics, options.providers);
    const providers = opened("providers", openProviders({ ...config, clock, log }), async (open) => {
      for (const provider of open.values()) await provider.close();
    });
    const shared = { providers, options, clock, metrics: fleetMetrics };
    opened("survey of the fleet", startSurvey({ ...shared, catalog, log, runpod: config.runpod }), (survey) =>
      survey.stop(),
    );
    const volumes = keepVolumes({ catalog, options, cache: config.volumes, log });
    if (volumes !== null) opened("look for volumes", volumes, (open) => open.stop());
    return {
      ...shared,
      fleet: catalog.fleet,
      volumeCache: config.volumes,
      documents: stores.documents,
      askAgent: createAgentProbe({ tokens, fetch, clock }),
      filling: {
        ...{ catalog, stores, options, clock, cache: config.volumes },
        ...{ open: openVolumeFiles, turnstile: createTurnstile() },
      },
    };
  },
  processors: {
    "tend-machine": tendMachine,
    "fill-volume": (input, { filling }, ctx) => fillVolume(input, filling, ctx),
  },
});

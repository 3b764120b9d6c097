#!/usr/bin/env node
import { openPocketEngine } from "@loramill/pocket";
import { openServices, runProcess, untilAborted } from "@loramill/runtime";
import { createMetrics } from "@loramill/telemetry";
import { apiProcessConfig } from "./config.ts";
import { endpointPart } from "./doctor/endpoints.ts";
import { openApi } from "./open-api.ts";
import { openOffers } from "./open-offers.ts";
import { openStudio } from "./studio/open-studio.ts";

await runProcess({
  name: "api",
  env: process.env,
  config: apiProcessConfig,
  open: async ({ config, log, clock, random, opened }) => {
    const services = await openServices({ config, log, clock, random, opened });
    const engine = opened("pocket engine", await openPocketEngine(config.pocket), (open) => open.close());
    const parts = { config, services, engine, clock };
    const { offers } = opened("backends", await openOffers(parts), (open) => open.close());
    const api = await openApi({
      services,
      offers,
      options: config.api,
      fleetSettings: config.fleetSettings,
      runpod: { ...config.runpod, apiKey: config.endpoints.runpodKey },
      webhooks: config.webhooks,
      sourceLimits: config.sources,
      huggingfaceToken: config.endpoints.huggingfaceToken,
      metrics: createMetrics(),
      problems: async () => [],
      doctor: [endpointPart({ ...config.endpoints, comfyui: config.training.comfyui })],
      studio: await openStudio({ dir: config.api.studioDir, build: null, log }),
      log,
      clock,
    });
    opened("API", api, (open) => open.close());
    log.info({ url: api.url }, "listening");
  },
  run: (_, { signal }) => untilAborted(signal),
});

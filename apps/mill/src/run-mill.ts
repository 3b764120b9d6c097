import { randomBytes } from "node:crypto";
import { type DoctorPart, endpointPart, openApi, openOffers, openStudio } from "@loramill/api";
import { captionerWorker } from "@loramill/captioner";
import { curatorWorker } from "@loramill/curator";
import { type Dispatcher, openDispatcher, watchDispatcher } from "@loramill/dispatcher";
import { evaluatorWorker } from "@loramill/evaluator";
import { createGeneratorWorker } from "@loramill/generator";
import { openPocketEngine } from "@loramill/pocket";
import { provisionerWorker } from "@loramill/provisioner";
import {
  type Environment,
  openServices,
  runProcess,
  startWorkers,
  untilAborted,
  workerProblems,
} from "@loramill/runtime";
import { createMetrics } from "@loramill/telemetry";
import { createTrainerWorker } from "@loramill/trainer";
import { openStudioBuild } from "./build-studio.ts";
import { millConfig } from "./config.ts";
import { untilIdle } from "./idle.ts";
import { writeMillFile } from "./mill-file.ts";

/** All of Loramill in one process: API, dispatcher and a worker for each queue. Answers the exit code. */
export function runMill({ env }: { env: Environment }): Promise<number> {
  return runProcess({
    name: "mill",
    env,
    config: millConfig,
    open: async (context) => {
      const { config, log, clock, random, opened } = context;
      const services = await openServices(context);
      const metrics = createMetrics();
      const engine = opened("pocket engine", await openPocketEngine(config.pocket), (open) => open.close());

      const workers = await startWorkers(
        [
          curatorWorker,
          captionerWorker,
          createTrainerWorker(async () => engine),
          evaluatorWorker,
          createGeneratorWorker(async () => engine),
          ...(config.provisioner.providers.length > 0 ? [provisionerWorker] : []),
        ],
        { context, services, metrics },
      );

      const dispatcher = openDispatcher({
        ...{ services, metrics, clock, random, log, opened },
        options: config.dispatcher,
        fleet: config.fleetPlan,
        webhooks: config.webhooks,
        retention: config.queue.retention,
      });
      watchDispatcher(metrics, () => dispatcher);

      const parts = { config, services, engine, clock };
      const { offers } = opened("backends", await openOffers(parts), (open) => open.close());
      const { studioDir } = config.api;
      const build = studioDir ? null : opened("build of the Studio", openStudioBuild(), (open) => open.stop());
      const localToken = randomBytes(24).toString("base64url");
      const api = await openApi({
        services,
        offers,
        options: config.api,
        fleetSettings: config.fleetSettings,
        runpod: { ...config.runpod, apiKey: config.endpoints.runpodKey },
        webhooks: config.webhooks,
        sourceLimits: config.sources,
        huggingfaceToken: config.endpoints.huggingfaceToken,
        metrics,
        problems: async () => workerProblems(workers),
        doctor: [dispatcherPart(dispatcher), endpointPart({ ...config.endpoints, comfyui: config.training.comfyui })],
        studio: await openStudio({ dir: studioDir, build, log }),
        localToken,
        log,
        clock,
      });
      opened("API", api, (open) => open.close());
      const mill = { url: api.url, pid: process.pid, token: localToken };
      opened("mill file", await writeMillFile(config.data.dir, mill), (remove) => remove());
      log.info({ url: api.url, queue: services.queue.id, objects: services.stores.objects.id }, "the mill turns");
      return { api, catalog: services.catalog };
    },
    run: ({ api, catalog }, { config, signal }) => {
      const { exitMs } = config.idle;
      return exitMs === null ? untilAborted(signal) : untilIdle({ api, catalog, exitMs, signal });
    },
  });
}

function dispatcherPart(dispatcher: Dispatcher): DoctorPart {
  return {
    name: "dispatcher",
    async check() {
      const backlog = await dispatcher.backlog();
      const open = backlog.reduce((sum, row) => sum + row.waiting + row.released + row.active + row.parked, 0);
      const role = dispatcher.isLeader() ? "this process leads" : "another process leads, this one stands by";
      return [{ name: "dispatcher", status: "ok", message: `${role}; ${open} jobs open or waiting`, advice: "" }];
    },
  };
}

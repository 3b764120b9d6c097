import { randomBytes } from "node:crypto";
import { endpointPart, openApi, type DoctorPart, type RunningApi } from "@loramill/api";
import { captionerWorker } from "@loramill/captioner";
import { curatorWorker } from "@loramill/curator";
import { type Dispatcher, startDispatcher } from "@loramill/dispatcher";
import { generatorWorker } from "@loramill/generator";
import { createProducer, type QueueWorker } from "@loramill/queue";
import {
  type Environment,
  openHeartbeats,
  openServices,
  runProcess,
  startWorker,
  untilAborted,
  workersReady,
} from "@loramill/runtime";
import { createMetrics } from "@loramill/telemetry";
import { trainerWorker } from "@loramill/trainer";
import { millConfig } from "./config.ts";
import { untilIdle } from "./idle.ts";
import { writeMillFile } from "./mill-file.ts";
import { openOffers } from "./offers.ts";

const workers = [curatorWorker, captionerWorker, trainerWorker, generatorWorker];

/** All of Loramill in one process: API, dispatcher and a worker for each queue. Answers the exit code. */
export function runMill({ env }: { env: Environment }): Promise<number> {
  return runProcess({
    name: "mill",
    env,
    config: { ...millConfig, ...Object.assign({}, ...workers.map((worker) => worker.config)) } as typeof millConfig,
    open: async (context) => {
      const { config, log, clock, random, opened } = context;
      const services = await openServices({ config, log, clock, random, opened });
      const metrics = createMetrics();
      const producer = opened("producer", createProducer({ connection: services.queue, retention: config.queue.retention }), (open) =>
        open.close(),
      );
      const workerContext = { ...context, services } as never;
      const heartbeats = openHeartbeats(workerContext, config.queue.heartbeatMs);
      const started: QueueWorker[] = [];
      for (const worker of workers) {
        started.push(await startWorker(worker as never, { context: workerContext, queueConfig: config.queue, metrics, heartbeats }));
      }
      const dispatcher = opened(
        "dispatcher",
        startDispatcher({ ...services, producer, clock, random, log, options: config.dispatcher }),
        (open) => open.stop(),
      );
      const token = randomBytes(24).toString("base64url");
      const api = opened(
        "API",
        await openApi({
          services,
          offers: await openOffers(context as never, services),
          options: config.api,
          sourceLimits: config.sources,
          metrics,
          problems: async () => Object.entries(workersReady(started).details ?? {}).filter(([, state]) => !String(state).startsWith("ok")).map(([queue, state]) => `${queue}: ${state}`),
          doctor: [dispatcherPart(dispatcher), endpointPart(config.endpoints)],
          localToken: token,
          log,
          clock,
        }),
        (open) => open.close(),
      );
      opened("mill file", await writeMillFile(config.data.dir, { url: api.url, pid: process.pid, token }), (remove) => remove());
      log.info({ url: api.url, queue: services.queue.id, objects: services.stores.objects.id }, "the mill turns");
      return { api, catalog: services.catalog };
    },
    run: ({ api, catalog }, { config, signal }) =>
      config.idle.exitMs === null ? untilAborted(signal) : untilIdle({ api, catalog, exitMs: config.idle.exitMs, signal }),
  });
}

function dispatcherPart(dispatcher: Dispatcher): DoctorPart {
  return {
    name: "dispatcher",
    async check() {
      const backlog = await dispatcher.backlog();
      const open = backlog.reduce((sum, row) => sum + row.waiting + row.released + row.active + row.parked, 0);
      const role = dispatcher.isLeader() ? "this process leads" : "another process leads; this one stands by";
      return [{ name: "dispatcher", status: "ok", message: `${role}; ${open} jobs open or waiting`, advice: "" }];
    },
  };
}

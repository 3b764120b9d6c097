import { openTrainingBackends } from "@loramill/backends";
import { knownModels } from "@loramill/catalog";
import type { PocketEngine } from "@loramill/contracts";
import { openPocketEngine } from "@loramill/pocket";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { trainerWorkerConfig } from "./config.ts";
import { readTrainingImage } from "./read-training-image.ts";
import { trainLora } from "./train-lora.ts";
import { createRequestLoader } from "./training-request.ts";

type Context = WorkerContext<typeof trainerWorkerConfig>;

/**
 * The worker of the queue `train`. `openEngine` lets a process with several workers share one engine; who opens it closes
 * it.
 */
export function createTrainerWorker(openEngine: (context: Context) => Promise<PocketEngine>) {
  return defineWorker({
    queue: "train",
    config: trainerWorkerConfig,
    open: async (context: Context) => {
      const { stores, catalog } = context.services;
      const engine = await openEngine(context);
      const backends = openTrainingBackends(context.config.training, {
        engine,
        stores,
        clock: context.clock,
        models: () => knownModels(catalog, stores.objects),
        pods: () => catalog.fleet.agentPods(),
        lacks: (job) => catalog.fleet.lacks(job),
        machines: () => catalog.fleet.machines(),
        prepareImage: (bytes, side) => readTrainingImage(bytes, side, engine.model),
      });
      context.opened("training backends", backends, async (open) => {
        for (const backend of open) await backend.close();
      });
      return {
        stores,
        backends,
        slots: catalog.backendSlots,
        requests: createRequestLoader(stores, async (run) => (await catalog.runs.plan({ run }))?.lockDigest ?? null),
        clock: context.clock,
        limits: context.config.trainer,
      };
    },
    processors: { "train-lora": trainLora },
  });
}

export const trainerWorker = createTrainerWorker(async ({ config, opened }) =>
  opened("pocket engine", await openPocketEngine(config.pocket), (engine) => engine.close()),
);

import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { assembleDataset } from "./assemble-dataset.ts";
import { curatorWorkerConfig } from "./config.ts";
import type { CuratorDeps } from "./deps.ts";
import { indexSource } from "./index-source.ts";
import { prepareImages } from "./prepare-images.ts";

/** The worker of the queue `dataset`. */
export const curatorWorker = defineWorker({
  queue: "dataset",
  config: curatorWorkerConfig,
  open: async (context: WorkerContext<typeof curatorWorkerConfig>): Promise<CuratorDeps> => {
    const { config, services } = context;
    const { stores } = services;
    return {
      stores,
      sourceStores: { documents: stores.documents, openBucket: (bucket) => stores.openBucket(bucket) },
      sources: config.sources,
      images: config.imaging.limits,
      concurrency: config.curator.concurrency,
    };
  },
  processors: {
    "index-source": indexSource,
    "prepare-images": prepareImages,
    "assemble-dataset": assembleDataset,
  },
});

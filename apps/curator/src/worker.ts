import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { createFaceFinder } from "@loramill/vision";
import { assembleDataset } from "./assemble-dataset.ts";
import { curatorWorkerConfig } from "./config.ts";
import type { CuratorDeps } from "./deps.ts";
import { indexSource } from "./index-source.ts";
import { prepareImages } from "./prepare-images.ts";
import { createVideoReader } from "./video-reader.ts";

/** The worker of the queue `dataset`. */
export const curatorWorker = defineWorker({
  queue: "dataset",
  config: curatorWorkerConfig,
  open: async (context: WorkerContext<typeof curatorWorkerConfig>): Promise<CuratorDeps> => {
    const { config, services, opened } = context;
    const { stores } = services;
    return {
      stores,
      sourceStores: {
        documents: stores.documents,
        blobs: stores.blobs,
        memos: stores.memos,
        openBucket: (bucket) => stores.openBucket(bucket),
      },
      sources: config.sources,
      readVideo: createVideoReader(config.video.video, config.imaging.limits),
      images: config.imaging.limits,
      faceFinder: opened("face finder", createFaceFinder(), (open) => open.close()),
      concurrency: config.curator.concurrency,
    };
  },
  processors: {
    "index-source": indexSource,
    "prepare-images": prepareImages,
    "assemble-dataset": assembleDataset,
  },
});

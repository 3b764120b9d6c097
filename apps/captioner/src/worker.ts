import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { type CaptionerDeps, captionImages } from "./caption-images.ts";
import { captionerWorkerConfig } from "./config.ts";
import { openCaptioners } from "./open-captioners.ts";

/** The worker of the queue `caption`. */
export const captionerWorker = defineWorker({
  queue: "caption",
  config: captionerWorkerConfig,
  open: async (context: WorkerContext<typeof captionerWorkerConfig>): Promise<CaptionerDeps> => {
    const { config, services, clock, opened } = context;
    const captioners = opened("captioners", openCaptioners(config.captioner, clock), (open) => open.close());
    return { stores: services.stores, captioners: captioners.all.map(({ captioner }) => captioner) };
  },
  processors: { "caption-images": captionImages },
});

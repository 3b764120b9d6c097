import { openCaptioners } from "@loramill/backends";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { openVision } from "@loramill/vision";
import { type CaptionerDeps, captionImages } from "./caption-images.ts";
import { captionerWorkerConfig } from "./config.ts";
import { openGates } from "./gate.ts";
import { shrink } from "./shrink.ts";

/** The worker of the queue `caption`. */
export const captionerWorker = defineWorker({
  queue: "caption",
  config: captionerWorkerConfig,
  open: async (context: WorkerContext<typeof captionerWorkerConfig>): Promise<CaptionerDeps> => {
    const { config, services, clock, opened } = context;
    const { stores } = services;
    const vision = opened("local models", await openVision(config, stores), (open) => open.close());
    const { embedder } = vision;
    const { all, fuser } = opened(
      "captioners",
      openCaptioners(config.captioner, { clock, shrink }, vision.captioners),
      (open) => open.close(),
    );
    const captioners = all.map(({ captioner }) => captioner);
    const tokenCounters = Object.values(vision.tokenCounters);
    const gates = opened("ways to endpoints", openGates(services.catalog.rateLimiter), (open) => open.close());
    return { stores, captioners, fuser, embedder, tokenCounters, gates };
  },
  processors: { "caption-images": captionImages },
});

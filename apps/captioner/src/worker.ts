import { openCaptioners } from "@loramill/backends";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { openWdTagger } from "@loramill/vision";
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
    const local =
      config.tagger === null ? [] : [{ provider: "wd-tagger" as const, captioner: await openWdTagger(config.tagger) }];
    const { all, fuser } = opened("captioners", openCaptioners(config.captioner, { clock, shrink }, local), (open) =>
      open.close(),
    );
    const captioners = all.map(({ captioner }) => captioner);
    return { stores: services.stores, captioners, fuser, embedder: null, gates: openGates() };
  },
  processors: { "caption-images": captionImages },
});

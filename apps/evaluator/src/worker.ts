import { openModuleThreads } from "@loramill/lora";
import { defineWorker, type WorkerContext } from "@loramill/runtime";
import { checkLoras } from "./check-loras.ts";
import { evaluatorWorkerConfig } from "./config.ts";
import { editLora } from "./edit-lora.ts";
import { extractLora } from "./extract-lora.ts";
import { mergeIntoModel } from "./merge-into-model.ts";
import { verifyReplay } from "./replay/verify-replay.ts";

type Context = WorkerContext<typeof evaluatorWorkerConfig>;

/** The worker of the queue `lora`. Its threads are shared by all of its jobs. */
export const evaluatorWorker = defineWorker({
  queue: "lora",
  config: evaluatorWorkerConfig,
  open: async ({ config, services, opened }: Context) => {
    const { threads: size, maxBytes } = config.loraTools;
    const threads = opened("LoRA threads", openModuleThreads({ size }), (open) => open.close());
    return { stores: services.stores, threads, maxBytes };
  },
  processors: {
    "edit-lora": editLora,
    "extract-lora": extractLora,
    "merge-into-model": mergeIntoModel,
    "check-loras": checkLoras,
    "verify-replay": verifyReplay,
  },
});

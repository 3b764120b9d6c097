import { defineConfig } from "@loramill/contracts";
import { imagingConfig } from "@loramill/imaging";
import { servicesConfig } from "@loramill/runtime";
import { videoConfig } from "@loramill/video";
import { z } from "zod";

const curatorConfig = defineConfig(
  {
    CURATOR_CONCURRENCY: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .default(4)
      .describe("Pictures decoded at once by one job; each takes up to about 40 MB and one core"),
  },
  (env) => ({ concurrency: env.CURATOR_CONCURRENCY }),
);

/** What the curator reads besides what every worker reads. */
export const curatorWorkerConfig = {
  imaging: imagingConfig,
  curator: curatorConfig,
  sources: servicesConfig.sources,
  video: videoConfig,
} as const;

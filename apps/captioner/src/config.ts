import { captionerConfig } from "@loramill/backends";
import { visionConfig } from "@loramill/vision";

/** What the captioner reads besides what every worker reads. */
export const captionerWorkerConfig = { captioner: captionerConfig, ...visionConfig } as const;

import { captionerConfig } from "@loramill/backends";
import { taggerConfig } from "@loramill/vision";

/** What the captioner reads besides what every worker reads. */
export const captionerWorkerConfig = { captioner: captionerConfig, tagger: taggerConfig } as const;

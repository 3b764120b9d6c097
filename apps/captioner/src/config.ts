import { captionerConfig } from "@loramill/backends";

/** What the captioner reads besides what every worker reads. */
export const captionerWorkerConfig = { captioner: captionerConfig } as const;

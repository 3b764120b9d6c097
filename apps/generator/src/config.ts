import { pocketConfig } from "@loramill/pocket";

/** What the generator reads besides what every worker reads. */
export const generatorWorkerConfig = { pocket: pocketConfig } as const;

import { trainingConfig } from "@loramill/backends";
import { pocketConfig } from "@loramill/pocket";

/** What the trainer reads besides what every worker reads. */
export const trainerWorkerConfig = { pocket: pocketConfig, training: trainingConfig } as const;

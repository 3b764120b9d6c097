import { trainingConfig } from "@loramill/backends";
import { defineConfig, loraVariables } from "@loramill/contracts";
import { pocketConfig } from "@loramill/pocket";
import { z } from "zod";

const losses = z.coerce.number().int().min(0).max(10_000);

const trainerConfig = defineConfig(
  {
    TRAINING_MAX_LOST: losses
      .default(5)
      .describe("A backend that loses one training more often than this between two checkpoints has a fault: it fails"),
    TRAINING_MAX_MACHINES_LOST: losses
      .default(50)
      .describe("The same for rented machines, which their vendors take back time after time in a bad hour"),
    ...loraVariables,
  },
  (env) => ({
    lost: env.TRAINING_MAX_LOST,
    machinesLost: env.TRAINING_MAX_MACHINES_LOST,
    loraBytes: env.LORA_MAX_BYTES,
  }),
);

/** How much a training may be lost, and how large the LoRA may be that comes of it. */
export type TrainerLimits = ReturnType<typeof trainerConfig.options>;

/** What the trainer reads besides what every worker reads. */
export const trainerWorkerConfig = { pocket: pocketConfig, training: trainingConfig, trainer: trainerConfig } as const;

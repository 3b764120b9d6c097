import { z } from "zod";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";
import { CHECKPOINT_TURN_MS, StoredLora, StoredModel } from "./stored-inputs.ts";

/** Makes a checkpoint with LoRAs in its weights, tensor by tensor. */
export const mergeIntoModelJob = defineJob({
  name: "merge-into-model",
  queue: "lora",
  version: 1,
  input: z.object({
    params: z.object({
      name: z.string(),
      model: StoredModel,
      leaveOut: z.boolean(),
      /** In the order of the spec. */
      from: z.array(StoredLora).min(1),
    }),
  }),
  output: JobOutput,
  policy: { turnTimeoutMs: CHECKPOINT_TURN_MS },
});

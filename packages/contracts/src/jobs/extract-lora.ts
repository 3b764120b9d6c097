import { z } from "zod";
import { LoraExtraction } from "../lora-spec.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";
import { CHECKPOINT_TURN_MS, StoredModel } from "./stored-inputs.ts";

/** Makes the LoRA between two checkpoints, weight by weight. */
export const extractLoraJob = defineJob({
  name: "extract-lora",
  queue: "lora",
  version: 1,
  input: z.object({
    params: LoraExtraction.omit({ kind: true }).extend({
      name: z.string(),
      original: StoredModel,
      tuned: StoredModel,
    }),
  }),
  output: JobOutput,
  policy: { turnTimeoutMs: CHECKPOINT_TURN_MS },
});

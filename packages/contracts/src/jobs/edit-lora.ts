import { z } from "zod";
import { LoraOperation } from "../lora-spec.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";
import { StoredLora } from "./stored-inputs.ts";

/** Makes one LoRA of one or several, module by module. */
export const editLoraJob = defineJob({
  name: "edit-lora",
  queue: "lora",
  version: 1,
  input: z.object({
    params: z.object({
      name: z.string(),
      operation: LoraOperation,
      /** In the order of the spec. */
      from: z.array(StoredLora),
    }),
  }),
  output: JobOutput,
});

import { z } from "zod";
import { Digest } from "../digest.ts";
import { LoraInput, LoraOperation } from "../lora-spec.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Makes one LoRA of one or several, module by module. */
export const editLoraJob = defineJob({
  name: "edit-lora",
  queue: "lora",
  version: 1,
  input: z.object({
    params: z.object({
      name: z.string(),
      operation: LoraOperation,
      /** Documents of the LoRAs that go in, in their order. */
      from: z.array(LoraInput.omit({ lora: true }).extend({ document: Digest })),
    }),
  }),
  output: JobOutput,
});

import { z } from "zod";
import { Digest } from "../digest.ts";
import { LoraFamily } from "../lora-family.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Reads all of one or two LoRAs and writes down what it found. */
export const checkLorasJob = defineJob({
  name: "check-loras",
  queue: "lora",
  version: 1,
  input: z.object({
    params: z.discriminatedUnion("kind", [
      z.object({
        kind: z.literal("validate"),
        /** Documents of LoRAs. */
        lora: Digest,
        strength: z.number().optional(),
        family: LoraFamily.optional(),
      }),
      z.object({ kind: z.literal("compare"), a: Digest, b: Digest }),
    ]),
  }),
  output: JobOutput,
});

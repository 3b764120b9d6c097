import { z } from "zod";
import { Digest } from "../digest.ts";
import { GenerateSpec } from "../run-spec.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Generates a range of the grid prompts × seeds × strengths (the strengths vary fastest, the prompts slowest). */
export const generateImagesJob = defineJob({
  name: "generate-images",
  queue: "generate",
  version: 1,
  input: z.object({
    from: z.int().min(0),
    to: z.int().min(1),
    /** The step of the same run that made the LoRA, when one did. */
    inputs: z.object({ train: Digest.optional(), lora: Digest.optional() }),
    params: GenerateSpec.pick({ steps: true, guidance: true }).extend({
      width: z.int().min(32).max(4096),
      height: z.int().min(32).max(4096),
      /** The `grid` document: prompts and seeds may be long, a job's input may not. */
      grid: Digest,
      backend: z.string(),
      /** What decides the result on that backend besides the request: the base weights' digest, a server's version. */
      backendVersion: z.string(),
      /** A LoRA document of the library, when the run makes none. */
      lora: Digest.optional(),
    }),
  }),
  output: JobOutput,
});

import { z } from "zod";
import { Digest } from "../digest.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Generates a range of a grid; see `GenerationGrid`. */
export const generateImagesJob = defineJob({
  name: "generate-images",
  queue: "generate",
  version: 2,
  input: z.object({
    from: z.int().min(0),
    to: z.int().min(1),
    /** The step of the same run that made the LoRA, when one did. */
    inputs: z.object({ train: Digest.optional(), lora: Digest.optional() }),
    /** The `grid-choices` document of the grid, where something was chosen. */
    about: z.object({ choices: Digest }).optional(),
    params: z.object({
      /** The `grid` document: prompts and seeds may be long, a job's input may not. */
      grid: Digest,
      backend: z.string(),
      /** What decides the result on that backend besides the request: the base weights' digest, a server's version. */
      backendVersion: z.string(),
      /** A LoRA document of the library, when the run makes none. */
      lora: Digest.optional(),
      /** Documents of the other LoRAs that the grid names. */
      loras: z.record(z.string(), Digest).default({}),
      onLoraFailure: z.enum(["fail", "fallback"]).default("fail"),
    }),
  }),
  output: JobOutput,
});

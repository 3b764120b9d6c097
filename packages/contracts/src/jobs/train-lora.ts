import { z } from "zod";
import { Placement } from "../compute-spec.ts";
import { Digest } from "../digest.ts";
import { StoredRecipe } from "../recipe.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Trains one LoRA on a backend, as a sequence of short turns. */
export const trainLoraJob = defineJob({
  name: "train-lora",
  queue: "train",
  version: 1,
  input: z.object({
    inputs: z.object({ dataset: Digest, caption: Digest.optional() }),
    params: z.object({
      name: z.string(),
      backend: z.string(),
      /** What decides the result on that backend besides the recipe: the base weights' digest, a server's version. */
      backendVersion: z.string(),
      triggerWord: z.string().nullable(),
      recipe: StoredRecipe,
      /** Where it was asked to run; left out: wherever the backend likes. */
      placement: Placement.optional(),
    }),
  }),
  output: JobOutput,
});

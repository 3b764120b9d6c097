import { z } from "zod";
import { PrepareSettings } from "../dataset-spec.ts";
import { Digest } from "../digest.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** One pass over the pictures of a part: decode once, measure, hash, crop, resize, encode. */
export const prepareImagesJob = defineJob({
  name: "prepare-images",
  queue: "dataset",
  version: 3,
  input: z.object({
    part: Digest,
    params: PrepareSettings.required({ resolution: true }).extend({
      faces: z
        .string()
        .max(128)
        .optional()
        .describe("Id of the face finder that looks for faces; left out: nobody does"),
    }),
  }),
  output: JobOutput,
});

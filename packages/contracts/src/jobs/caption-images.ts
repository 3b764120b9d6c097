import { z } from "zod";
import { CaptionStyle } from "../caption-spec.ts";
import { Digest } from "../digest.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Writes a caption for each picture of a dataset part. */
export const captionImagesJob = defineJob({
  name: "caption-images",
  queue: "caption",
  version: 1,
  input: z.object({
    part: Digest,
    params: z.object({
      style: CaptionStyle,
      provider: z.string().describe("Resolved captioner id, such as describe/1"),
    }),
  }),
  output: JobOutput,
});

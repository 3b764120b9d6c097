import { z } from "zod";
import { Digest } from "../digest.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Lays the pictures of a generate step out as one labelled sheet. */
export const drawGridJob = defineJob({
  name: "draw-grid",
  queue: "generate",
  version: 1,
  input: z.object({
    inputs: z.object({ generate: Digest }),
    params: z.object({
      /** The `grid` document that the pictures were drawn by: it has the labels. */
      grid: Digest,
    }),
  }),
  output: JobOutput,
});

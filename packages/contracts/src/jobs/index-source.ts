import { z } from "zod";
import { Source } from "../dataset-spec.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Reads the sources, puts every file into the store and lists them in parts. */
export const indexSourceJob = defineJob({
  name: "index-source",
  queue: "dataset",
  version: 2,
  input: z.object({ params: z.object({ sources: z.array(Source).min(1) }) }),
  output: JobOutput,
  policy: { turnTimeoutMs: 3_600_000 },
});

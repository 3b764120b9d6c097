import { z } from "zod";
import { CleaningSettings, GateSettings } from "../dataset-spec.ts";
import { Digest } from "../digest.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Looks at all prepared pictures together: duplicates, quality decisions, gates, statistics, the manifest. */
export const assembleDatasetJob = defineJob({
  name: "assemble-dataset",
  queue: "dataset",
  version: 3,
  input: z.object({
    inputs: z.object({ prepare: Digest, source: Digest }),
    params: z.object({
      name: z.string(),
      cleaning: CleaningSettings.required({ minSidePixels: true }).extend({ against: z.array(Digest).default([]) }),
      gates: GateSettings,
      willCaption: z.boolean(),
      willTrain: z.boolean(),
    }),
  }),
  output: JobOutput,
});

import { z } from "zod";
import { Digest } from "../digest.ts";
import { RunId } from "../ids.ts";
import { StepKind } from "../plan-lock.ts";
import { ReplayTolerance } from "../replay.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Compares what a replay made with what the replayed run had made, and writes down how far apart they are. */
export const verifyReplayJob = defineJob({
  name: "verify-replay",
  queue: "lora",
  version: 1,
  input: z.object({
    /** Outputs of the steps that were done again. */
    inputs: z.record(z.string(), Digest),
    params: z.object({
      of: RunId,
      steps: z.array(
        z.object({
          name: z.string(),
          kind: StepKind,
          needs: z.array(z.string()),
          /** What the replayed run had made; null where it has nothing of this step. */
          original: Digest.nullable(),
          tolerance: ReplayTolerance,
        }),
      ),
    }),
  }),
  output: JobOutput,
});

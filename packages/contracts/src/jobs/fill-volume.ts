import { z } from "zod";
import { defineJob, NEVER_GIVES_UP } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/**
 * Keeps one network volume filled with what trainings want, as a sequence of turns for as long as the configuration names the volume.
 * Files of any size go on where the turn before ended. It never fails for want of attempts: a volume that cannot be reached now is
 * tried again.
 */
export const fillVolumeJob = defineJob({
  name: "fill-volume",
  queue: "provision",
  version: 1,
  input: z.object({ params: z.object({ volume: z.string().min(1).max(64) }) }),
  output: JobOutput,
  policy: { ...NEVER_GIVES_UP, maxBackoffMs: 600_000, turnTimeoutMs: 900_000 },
});

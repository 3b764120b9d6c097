import { z } from "zod";
import { defineJob, NEVER_GIVES_UP } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/**
 * Rents one machine, watches it and gives it back, as a sequence of short turns that ends with its last bill. It never fails
 * for want of attempts: as long as it may cost something, somebody has to look after it.
 */
export const tendMachineJob = defineJob({
  name: "tend-machine",
  queue: "provision",
  version: 1,
  input: z.object({ params: z.object({ pod: z.string().min(1).max(64) }) }),
  output: JobOutput,
  policy: { ...NEVER_GIVES_UP, maxBackoffMs: 60_000, turnTimeoutMs: 120_000 },
});

import { z } from "zod";
import { Digest, JsonObject } from "../digest.ts";

/**
 * What every job answers: the digest of its part of the step's output, or (a step's only job) of a document that
 * itself lists `parts`. `summary` holds a few numbers and words for people; numbers of a step's jobs are added up.
 */
export const JobOutput = z.object({
  digest: Digest,
  shape: z.enum(["part", "parts"]),
  items: z.int().min(0),
  summary: JsonObject.default({}),
  /** It was cut short: less than was asked for, so that no other run may take it for the whole. */
  complete: z.literal(false).optional(),
});
export type JobOutput = z.output<typeof JobOutput>;

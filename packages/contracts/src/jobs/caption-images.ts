import { z } from "zod";
import { CaptionStyle } from "../caption-spec.ts";
import { Digest } from "../digest.ts";
import { MicroUsd } from "../money.ts";
import { defineJob } from "./define-job.ts";
import { JobOutput } from "./job-output.ts";

/** Several captioners of one step, resolved to ids, and what is made of their answers. */
export const CaptionEnsemble = z.object({
  providers: z.array(z.string()).min(1).max(8),
  combine: z.enum(["first", "longest", "vote", "fuse", "best"]),
  /** Id of the text model that fuses. */
  fuser: z.string().optional(),
  /** Id of the embedder that judges. */
  embedder: z.string().optional(),
});
export type CaptionEnsemble = z.output<typeof CaptionEnsemble>;

/**
 * Writes a caption for each picture of a dataset part. The version is raised whenever finishing would give other texts; what
 * captioners said is remembered without it, so that better finishing costs nothing.
 */
export const captionImagesJob = defineJob({
  name: "caption-images",
  queue: "caption",
  version: 3,
  input: z.object({
    part: Digest,
    params: z.object({
      style: CaptionStyle,
      provider: z.string().describe("Resolved captioner id, such as describe/1"),
      ensemble: CaptionEnsemble.optional(),
      /** Id of what counts the tokens of `style.maxTokens` exactly; left out, they are estimated. */
      tokenCounter: z.string().optional(),
      /** What a picture of the part may cost on average. */
      microUsdPerImage: MicroUsd.optional(),
    }),
  }),
  output: JobOutput,
});

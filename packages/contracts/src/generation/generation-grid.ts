import { z } from "zod";
import { Digest, type Json } from "../digest.ts";
import { LoraUse, Prompt, Sampling, Seed } from "./generation-parts.ts";
import { GenerationTemplate } from "./generation-spec.ts";

/** One prompt of a batch, with what was chosen for it alone. */
export const GridPrompt = z.strictObject({
  text: Prompt,
  negativePrompt: Prompt.optional(),
  loras: z.array(LoraUse).max(8).optional(),
  sampling: Sampling.optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  /** Of a clip. */
  frames: z.int().min(1).optional(),
});
export type GridPrompt = z.output<typeof GridPrompt>;

/**
 * Why the prompts of a grid have what they have. It stands beside the grid and not in it: the same pictures are not drawn
 * again because there is another reason for them.
 */
export const GridChoices = z.object({
  /** `choice` documents, each once. */
  documents: z.array(Digest),
  /** Of each prompt, the place of its document in the list; -1 where nothing was chosen for it. */
  of: z.array(z.int().min(-1)),
});
export type GridChoices = z.output<typeof GridChoices>;

/** Values that one field of the template takes in turn; `field` is its path, such as `sampling.steps`. */
export const GridAxis = z.strictObject({
  field: z.string().min(1).max(256),
  values: z
    .array(z.json() as z.ZodType<Json>)
    .min(1)
    .max(10_000),
});
export type GridAxis = z.output<typeof GridAxis>;

/**
 * What a generate step draws: every combination. The axes vary slowest (the first of them slowest of all, so that what
 * makes a server load another model is best first), then prompts, then seeds; strengths vary fastest.
 * Item i is strength i % s, seed ⌊i / s⌋ % n, prompt ⌊i / (s·n)⌋ % p, and so on.
 */
export const GenerationGrid = z.object({
  template: GenerationTemplate.optional().describe("Left out: a picture from text"),
  prompts: z.array(z.union([z.string(), GridPrompt])).min(1),
  negativePrompt: z.string(),
  seeds: z.array(Seed).min(1),
  /** Of the LoRA that is called `main`; 0 draws without it. */
  strengths: z.array(z.number()).min(1),
  axes: z.array(GridAxis).max(16).default([]),
  /** What `__name__` in a prompt stands for; each item draws its words by its seed. */
  wildcards: z.record(z.string(), z.array(z.string()).min(1)).default({}),
});
export type GenerationGrid = z.output<typeof GenerationGrid>;

import { z } from "zod";

/** Of a run, a dataset, a LoRA, a project: shown in lists and used for file names. */
export const Name = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u, "letters, digits, spaces, dots, dashes; at most 100 characters");

import { z } from "zod";

/** Text as the catalog takes it: without the zero character. */
export const text = (length: number) =>
  z
    .string()
    .max(length)
    .refine((value) => !value.includes("\u0000"), "the zero character is no text");

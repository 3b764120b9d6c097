import { z } from "zod";

/** Values separated by commas, at least one. */
export const listOf = <T extends z.ZodType<unknown, string>>(each: T) =>
  z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(each).min(1));

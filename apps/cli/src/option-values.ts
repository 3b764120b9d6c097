import { InvalidArgumentError } from "commander";

/** Readers of what stands behind an option, as commander calls them. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}

/** How many. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number above 0");
  return value;
}

/** Separated by commas. */
export const numbers = (text: string): number[] => text.split(",").map(number);

/** Of an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

import { InvalidArgumentError } from "commander";

/** Readers of what stands behind an option, as commander calls them. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}

/** Separated by commas. */
export const numbers = (text: string): number[] => text.split(",").map(number);

/** Of an option that may be repeated. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

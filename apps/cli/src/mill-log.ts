import { readFileSync } from "node:fs";
import { z } from "zod";

/** A line of the mill's log that is about an error. */
const ErrorLine = z.object({ level: z.enum(["error", "fatal"]), error: z.string().optional(), message: z.string() });
/** Lines shown when the log names no error. */
const LAST_LINES = 10;

/**
 * Why a mill ended, from what it wrote since `start`: what it said in words, else its last error, else the last lines.
 */
export function readFailure(path: string, start: number): string {
  const text = readFileSync(path).subarray(start).toString("utf8");
  const lines = text.trimEnd().split("\n");
  const said = lines.findIndex((line) => line.startsWith("mill: "));
  if (said >= 0) {
    const words = lines.slice(said).filter((line) => !line.startsWith("{"));
    return words.join("\n").slice("mill: ".length);
  }
  const errors = lines.flatMap((line) => readError(line) ?? line.match(/^(?:\w*Error)\b.*: .*/)?.[0] ?? []);
  return errors.at(-1) ?? (lines.slice(-LAST_LINES).join("\n") || "it said nothing");
}

function readError(line: string): string | null {
  try {
    const { error, message } = ErrorLine.parse(JSON.parse(line));
    return error ?? message;
  } catch {
    return null;
  }
}

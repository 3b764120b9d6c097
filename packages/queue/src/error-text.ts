import { redact } from "@loramill/contracts";

/** An error as a line of the log: its name and message, without secrets. */
export function errorText(error: unknown): string {
  return redact(String(error));
}

/** With where it came from, for errors that are bugs. */
export function errorStack(error: unknown): string {
  return redact(error instanceof Error ? (error.stack ?? String(error)) : String(error));
}

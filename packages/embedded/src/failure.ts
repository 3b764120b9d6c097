import { PermanentError } from "@loramill/contracts";

/** The one kind of failure of this package: the server cannot run here until a person changes something. */
export function cannotRun(message: string, cause?: unknown): PermanentError {
  return new PermanentError(`embedded Postgres: ${message}`, { code: "embedded-postgres", cause });
}

/** True for a system error with one of these codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

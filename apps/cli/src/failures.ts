import { UserError } from "@loramill/contracts";
import { ApiError, UnreachableError } from "@loramill/sdk";
import { exitCodes } from "./exit-codes.ts";
import { MillEnded, MillNotStarted } from "./mill-process.ts";

/** What a failure is called in JSON. */
export function codeOf(error: unknown): string {
  if (error instanceof UnreachableError) return "unreachable";
  if (error instanceof ApiError) return error.problem.code;
  return error instanceof UserError ? error.code : "unexpected";
}

/** What a failure is to the shell: a wrong command line, an API that does not answer, or a bug. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UnreachableError || error instanceof MillEnded) return exitCodes.unreachable;
  if (error instanceof MillNotStarted) return error.refused ? exitCodes.usage : exitCodes.unreachable;
  if (error instanceof UserError || (error instanceof ApiError && error.problem.status < 500)) return exitCodes.usage;
  return exitCodes.failed;
}

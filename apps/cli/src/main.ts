#!/usr/bin/env node
import { UserError } from "@loramill/contracts";
import { ApiError, UnreachableError } from "@loramill/sdk";
import { CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { exitCodes } from "./exit-codes.ts";
import { watchInterrupts } from "./interrupts.ts";
import { MillNotStarted } from "./mill-process.ts";
import { createProgram } from "./program.ts";

const interrupts = watchInterrupts(process);
let exitCode: number = exitCodes.ok;
const program = createProgram(async (work, json) => {
  exitCode = await work({ config: readConfig(), json, out: process.stdout, err: process.stderr, interrupts });
});
// `loramill runs | head` is not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  exitCode = explainFailure(error);
}
interrupts.end();
process.exitCode = exitCode;

function explainFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const json = Boolean(program.opts().json);
  const interrupted = interrupts.signal.aborted;
  const message = interrupted ? "interrupted" : error instanceof Error ? error.message : String(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code: codeOf(error), message } }, null, 2)}\n`);
  else process.stderr.write(`loramill: ${message}\n`);
  return interrupted ? exitCodes.cancelled : exitCodeOf(error);
}

function codeOf(error: unknown): string {
  if (interrupts.signal.aborted) return "interrupted";
  if (error instanceof UnreachableError) return "unreachable";
  if (error instanceof ApiError) return error.problem.code;
  return error instanceof UserError ? error.code : "unexpected";
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (error instanceof MillNotStarted) return error.refused ? exitCodes.usage : exitCodes.unreachable;
  if (error instanceof UserError || (error instanceof ApiError && error.problem.status < 500)) return exitCodes.usage;
  return exitCodes.failed;
}

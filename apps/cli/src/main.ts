#!/usr/bin/env node
import { CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { exitCodes } from "./exit-codes.ts";
import { codeOf, exitCodeOf } from "./failures.ts";
import { watchInterrupts } from "./interrupts.ts";
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
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code: interrupted ? "interrupted" : codeOf(error), message } }, null, 2)}\n`,
    );
  else process.stderr.write(`loramill: ${message}\n`);
  return interrupted ? exitCodes.cancelled : exitCodeOf(error);
}

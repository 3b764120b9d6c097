#!/usr/bin/env node
import { UserError } from "@loramill/contracts";
import { ApiError, UnreachableError } from "@loramill/sdk";
import { Command, CommanderError } from "commander";
import type { CommandContext } from "./commands/context.ts";
import { doctorCommand } from "./commands/doctor.ts";
import {
  changeRunCommand,
  costCommand,
  explainCommand,
  logsCommand,
  planCommand,
  quoteCommand,
  runsCommand,
  watchCommand,
} from "./commands/inspect.ts";
import { type RunOptions, runCommand } from "./commands/run.ts";
import { withSpecOptions } from "./commands/spec-options.ts";
import { upCommand } from "./commands/up.ts";
import { readConfig } from "./config.ts";
import { exitCodes } from "./exit-codes.ts";
import type { SpecOptions } from "./read-spec.ts";

const program = new Command("loramill")
  .description("The durable pipeline around LoRA training: pictures in, LoRAs and images out.")
  .option("--json", "answer with JSON for programs")
  .showHelpAfterError()
  .exitOverride();

let exitCode: number = exitCodes.ok;
const does = (work: (context: CommandContext) => Promise<number>) => async () => {
  const json = Boolean(program.opts().json);
  exitCode = await work({ config: readConfig(), json, out: process.stdout, err: process.stderr });
};

program.command("up").description("run the mill in the foreground").action(does(upCommand));
withSpecOptions(program.command("run").description("run a spec or a folder of pictures from start to end"))
  .option("--output <folder>", "where to put the results")
  .option("--save-dataset", "also save the prepared pictures with their captions")
  .option("--detach", "start it and go")
  .action((spec: string, options: RunOptions) => does((context) => runCommand(spec, options, context))());
withSpecOptions(
  program.command("plan").description("print the plan, with every default, digest and seed resolved"),
).action((spec: string, options: SpecOptions) => does((context) => planCommand(spec, options, context))());
withSpecOptions(program.command("quote").description("time, cost and cache hits before a run")).action(
  (spec: string, options: SpecOptions) => does((context) => quoteCommand(spec, options, context))(),
);
program
  .command("runs")
  .description("list runs, newest first")
  .option("--project <project>")
  .option("--state <state>")
  .option("--limit <count>", "how many", Number)
  .action((options: { project?: string; state?: string; limit?: number }) =>
    does((context) => runsCommand(options, context))(),
  );
const ofRun = (name: string, description: string) =>
  program.command(name).description(description).argument("<run>", "id, end of an id, name, or `last`");
ofRun("explain", "why each step ran, was reused or waits").action((run: string) =>
  does((context) => explainCommand(run, context))(),
);
ofRun("watch", "follow a run live").action((run: string) => does((context) => watchCommand(run, context))());
ofRun("logs", "print a run's events")
  .option("-f, --follow", "go on as they come")
  .action((run: string, options: { follow?: boolean }) => does((context) => logsCommand(run, options, context))());
ofRun("cost", "what a run cost, step by step").action((run: string) => does((context) => costCommand(run, context))());
ofRun("cancel", "stop a run; what is done stays").action((run: string) =>
  does((context) => changeRunCommand("cancel", run, context))(),
);
ofRun("resume", "go on with a failed, cancelled or exhausted run").action((run: string) =>
  does((context) => changeRunCommand("resume", run, context))(),
);
program
  .command("doctor")
  .description("check configuration, database, queue, storage and backends")
  .argument("[part]", "only this part, such as storage (which then runs the whole store suite)")
  .action((part: string | undefined) => does((context) => doctorCommand(part, context))());

try {
  await program.parseAsync();
} catch (error) {
  exitCode = explainFailure(error);
}
process.exitCode = exitCode;

function explainFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const json = Boolean(program.opts().json);
  const code = error instanceof UserError ? error.code : error instanceof ApiError ? error.problem.code : "unexpected";
  const message = error instanceof Error ? error.message : String(error);
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
  else process.stderr.write(`loramill: ${message}\n`);
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (error instanceof UserError || (error instanceof ApiError && error.problem.status < 500)) return exitCodes.usage;
  return exitCodes.failed;
}

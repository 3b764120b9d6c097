import type { MemberState } from "@loramill/contracts";
import { type Command, InvalidArgumentError } from "commander";
import { commandsOf } from "./command-group.ts";
import type { BatchResumeOptions, BatchRunOptions } from "./commands/batch.ts";
import type { Does } from "./commands/context.ts";
import type { SaveOptions } from "./commands/run.ts";
import { count, number } from "./option-values.ts";
import type { BatchOptions } from "./read-batch-file.ts";

const batchCommands = () => import("./commands/batch.ts");

const BATCH = "id, end of an id, name, or `last`";

/** `loramill batch …`: many runs from one file. */
export function addBatchCommands(parent: Command, does: Does): void {
  const command = commandsOf(
    commandsOf(parent)("batch", "many runs from one file, under one budget", "loramill batch run batch.yaml"),
  );
  const ofFile = (made: Command) =>
    withLimits(made.argument("<file>", "a batch (YAML or JSON), see docs/batches.md"))
      .option("--name <name>", "name of the batch")
      .option("--project <project>", "project that it belongs to")
      .option("--priority <level>", "0 is served first, 9 last", level);
  const ofBatch = (made: Command) => made.argument("<batch>", BATCH);
  const withOutput = (made: Command) =>
    made.option("--output <folder>", "where to put the results; default: a folder of OUTPUT_DIR");

  withOutput(
    ofFile(
      command(
        "run",
        "run a batch to its end and save what it makes; Ctrl-C leaves it to itself",
        "loramill batch run batch.yaml --budget 1500 --deadline 2026-12-04T18:00:00Z",
        "loramill batch run batch.yaml --max-failures 5 --detach",
      ),
    ),
  )
    .option("--detach", "start it and go")
    .option("--key <key>", "the same key with the same file answers the same batch, however often it is sent")
    .action((file: string, options: BatchRunOptions) =>
      does(async (context) => (await batchCommands()).runBatchCommand(file, options, context)),
    );
  ofFile(command("plan", "the runs that a batch would make", "loramill batch plan batch.yaml --json")).action(
    (file: string, options: BatchOptions) =>
      does(async (context) => (await batchCommands()).planBatchCommand(file, options, context)),
  );
  ofFile(
    command("quote", "time and cost of all of it, what runs share counted once", "loramill batch quote batch.yaml"),
  ).action((file: string, options: BatchOptions) =>
    does(async (context) => (await batchCommands()).quoteBatchCommand(file, options, context)),
  );
  command("list", "list batches, newest first", "loramill batch list")
    .option("--project <project>", "of this project only")
    .option("--limit <count>", "how many", count)
    .action((options: { project?: string; limit?: number }) =>
      does(async (context) => (await batchCommands()).listBatchesCommand(options, context)),
    );
  ofBatch(command("show", "counts, money, failures by code, and the runs", "loramill batch show last --state failed"))
    .option("--state <state>", "runs in this state only, such as failed, refused or waiting")
    .option("--all", "all of its runs, not the first 50")
    .action((batch: string, options: { state?: MemberState; all?: boolean }) =>
      does(async (context) => (await batchCommands()).showBatchCommand(batch, options, context)),
    );
  ofBatch(command("watch", "follow a batch; Ctrl-C ends the following", "loramill batch watch last")).action(
    (batch: string, options: SaveOptions) =>
      does(async (context) => (await batchCommands()).watchBatchCommand(batch, options, context)),
  );
  ofBatch(command("cancel", "stop what is open of it; what is done stays", "loramill batch cancel last")).action(
    (batch: string) => does(async (context) => (await batchCommands()).cancelBatchCommand(batch, context)),
  );
  withOutput(
    withLimits(
      ofBatch(
        command(
          "resume",
          "go on with what failed, as `batch run` does",
          "loramill batch resume last",
          "loramill batch resume last --budget 2000",
        ),
      ),
    ),
  )
    .option("--detach", "start it and go")
    .action((batch: string, options: BatchResumeOptions) =>
      does(async (context) => (await batchCommands()).resumeBatchCommand(batch, options, context)),
    );
  withOutput(
    ofBatch(command("save", "download what its runs made", "loramill batch save last --output ./loras")),
  ).action((batch: string, options: SaveOptions) =>
    does(async (context) => (await batchCommands()).saveBatchCommand(batch, options, context)),
  );
}

const withLimits = (made: Command): Command =>
  made
    .option("--budget <usd>", "hard limit of what all of its runs cost together, in US dollars", number)
    .option("--deadline <time>", "when its runs have to be done, as 2026-12-01T18:00:00Z")
    .option("--max-failures <count>", "stop the batch when so many of its runs have failed", count);

/** A priority. */
export function level(text: string): number {
  if (/^[0-9]$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number, 0 to 9");
}

import type { Command } from "commander";
import { level } from "./batch-program.ts";
import { commandsOf } from "./command-group.ts";
import type { BulkOptions } from "./commands/bulk-change.ts";
import type { Does } from "./commands/context.ts";
import { moment } from "./moment.ts";
import { collect, count, number } from "./option-values.ts";

const bulkChangeCommands = () => import("./commands/bulk-change.ts");
const inspectCommands = () => import("./commands/inspect.ts");

/** `loramill runs`: the list of runs, and changes of many at once. */
export function addRunsCommands(parent: Command, does: Does): void {
  const runs = commandsOf(parent)(
    "runs",
    "list runs, and change many at once",
    "loramill runs --state failed --limit 5",
    "loramill runs resume --state failed --code capacity",
  );
  commandsOf(runs, { isDefault: true })("list", "list runs, newest first; `list` may be left out", "loramill runs list")
    .option("--project <project>", "of this project only")
    .option("--state <state>", "planned, running, succeeded, failed, cancelled or exhausted")
    .option("--limit <count>", "how many", count)
    .action((options: { project?: string; state?: string; limit?: number }) =>
      does(async (context) => (await inspectCommands()).runsCommand(options, context)),
    );
  const command = commandsOf(runs);
  withFilter(
    command(
      "cancel",
      "stop many runs: shows which, and asks",
      'loramill runs cancel --name "test*" --before 2026-11-21',
    ),
  ).action((options: BulkOptions) =>
    does(async (context) => (await bulkChangeCommands()).bulkChangeCommand({ kind: "cancel" }, options, context)),
  );
  withFilter(
    command("resume", "go on with many runs: shows which, and asks", "loramill runs resume --batch last --yes"),
  )
    .option("--budget <usd>", "another budget for each of them", number)
    .option("--deadline <time>", "another deadline for each of them")
    .action(({ budget, deadline, ...options }: BulkOptions & { budget?: number; deadline?: string }) =>
      does(async (context) => {
        const terms = {
          ...(budget === undefined ? {} : { budgetUsd: budget }),
          ...(deadline === undefined ? {} : { deadline: moment("deadline", deadline) }),
        };
        return (await bulkChangeCommands()).bulkChangeCommand({ kind: "resume", ...terms }, options, context);
      }),
    );
  withFilter(
    command(
      "priority",
      "serve many runs sooner or later: shows which, and asks",
      "loramill runs priority 0 --batch last",
    ),
  )
    .argument("<level>", "0 is served first, 9 last", level)
    .action((priority: number, options: BulkOptions) =>
      does(async (context) =>
        (await bulkChangeCommands()).bulkChangeCommand({ kind: "priority", priority }, options, context),
      ),
    );
}

const withFilter = (made: Command): Command =>
  made
    .option("--state <state>", "runs in this state; again, or with commas, for several", collect)
    .option("--project <project>", "of this project")
    .option("--batch <batch>", "of this batch: id, end of an id, name, or `last`")
    .option("--name <name>", "of this name, in which * stands for anything")
    .option("--before <time>", "created before this day (UTC) or moment")
    .option("--after <time>", "created since this day (UTC) or moment")
    .option("--code <code>", "that ended with this error, such as capacity")
    .option("--limit <count>", "the oldest so many; at most 1,000, the default", count)
    .option("--yes", "change them without asking");

import { type Command, Option } from "commander";
import { bisectScores, type ScoreOptions } from "./bisect/score-options.ts";
import { commandsOf } from "./command-group.ts";
import type { BisectOptions } from "./commands/bisect.ts";
import type { Does } from "./commands/context.ts";
import { collect, number, numbers } from "./option-values.ts";

const bisectCommands = () => import("./commands/bisect.ts");
const bisectRunCommands = () => import("./commands/bisect-run.ts");

const BISECTION = "id or end of an id; left out: the newest";

/** `loramill bisect …`: which difference makes one of two LoRAs bad. */
export function addBisectCommands(program: Command, does: Does): void {
  const command = commandsOf(
    commandsOf(program)(
      "bisect",
      "find what makes one of two LoRAs bad, by halves",
      "loramill bisect start dog@3 dog@4",
    ),
  );
  const lora = "a LoRA that was trained here: name, name@version, id or hash";
  command(
    "start",
    "begin: both draw the same pictures, and the first half of the differences is tried",
    "loramill bisect start dog@3 dog@4 --dry-run",
    'loramill bisect start dog@3 dog@4 --prompt "sks dog at sea" --seed 1,2 --budget 5',
  )
    .argument("<good>", lora)
    .argument("<bad>", lora)
    .option("--project <project>", "whose LoRAs they are")
    .option("--prompt <text>", "what each draws, may be repeated; default: as the good one's run", collect)
    .option("--seed <seeds>", "parted by commas", numbers)
    .option("--strength <strengths>", "parted by commas", numbers)
    .option("--budget <usd>", "hard limit of all trials together", number)
    .option("--dry-run", "only say what differs and what the search would cost")
    .option("--yes", "do not ask before it costs money")
    .action((good: string, bad: string, options: BisectOptions) =>
      does(async (context) => (await bisectCommands()).startBisectCommand(good, bad, options, context)),
    );
  for (const [verdict, description] of [
    ["good", "the open trial is good: what it has is not to blame"],
    ["bad", "the open trial is bad: the culprit is among what it has"],
    ["skip", "nobody can tell, or its run failed: another half is tried"],
  ] as const) {
    command(verdict, description, `loramill bisect ${verdict}`)
      .argument("[bisection]", BISECTION)
      .option("--trial <number>", "refuse where another trial is open", number)
      .action((bisection: string | undefined, options: { trial?: number }) =>
        does(async (context) => (await bisectCommands()).judgeCommand(verdict, bisection, options, context)),
      );
  }
  command(
    "run",
    "judge the open trial and all that follow by a score, until it is found",
    "loramill bisect run --by closeness",
    "loramill bisect run --by closeness --threshold 1.3",
  )
    .argument("[bisection]", BISECTION)
    .addOption(
      new Option("--by <score>", "closeness: how far what it draws is from the good one's pictures; the good one is 1")
        .choices(bisectScores)
        .makeOptionMandatory(),
    )
    .option("--threshold <score>", "what lies beyond it, on the side of the bad one, is bad; default: half-way", number)
    .action((bisection: string | undefined, options: ScoreOptions) =>
      does(async (context) => (await bisectRunCommands()).runBisectCommand(bisection, options, context)),
    );
  command("status", "where it stands, and what to do next", "loramill bisect status")
    .argument("[bisection]", BISECTION)
    .action((bisection?: string) =>
      does(async (context) => (await bisectCommands()).bisectStatusCommand(bisection, { log: false }, context)),
    );
  command("log", "every trial with its verdict", "loramill bisect log")
    .argument("[bisection]", BISECTION)
    .action((bisection?: string) =>
      does(async (context) => (await bisectCommands()).bisectStatusCommand(bisection, { log: true }, context)),
    );
  command("list", "all of them, newest first", "loramill bisect list").action(() =>
    does(async (context) => (await bisectCommands()).bisectListCommand(context)),
  );
  command("resume", "go on with one that was stopped, or had no money left", "loramill bisect resume --budget 10")
    .argument("[bisection]", BISECTION)
    .option("--budget <usd>", "another hard limit of all trials together", number)
    .action((bisection: string | undefined, options: { budget?: number }) =>
      does(async (context) => (await bisectCommands()).resumeBisectCommand(bisection, options, context)),
    );
  command("stop", "give it up; a trial under way is cancelled", "loramill bisect stop")
    .argument("[bisection]", BISECTION)
    .action((bisection?: string) =>
      does(async (context) => (await bisectCommands()).stopBisectCommand(bisection, context)),
    );
}

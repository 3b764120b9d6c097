import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { CeilingOptions } from "./commands/ceiling.ts";
import type { Does } from "./commands/context.ts";
import { number } from "./option-values.ts";

const ceilingCommands = () => import("./commands/ceiling.ts");

/** `loramill ceiling …`: what may be spent by the hour, by the day and in all. */
export function addCeilingCommands(parent: Command, does: Does): void {
  const command = commandsOf(commandsOf(parent)("ceiling", "what may be spent", "loramill ceiling list"));
  const ofCeiling = (made: Command) =>
    made
      .argument("<period>", "hour (what rented machines cost together), day (UTC) or total")
      .option("--project <project>", "of this project; left out, of the whole account");

  command("list", "ceilings, what is spent and set aside, and when they begin anew", "loramill ceiling list").action(
    () => does(async (context) => (await ceilingCommands()).listCeilingsCommand(context)),
  );
  ofCeiling(
    command("set", "set a ceiling, or change the one that is there", "loramill ceiling set day 25 --project toys"),
  )
    .argument("<usd>", "US dollars", number)
    .action((period: string, usd: number, options: CeilingOptions) =>
      does(async (context) => (await ceilingCommands()).setCeilingCommand(period, usd, options, context)),
    );
  ofCeiling(command("remove", "remove a ceiling", "loramill ceiling remove day --project toys")).action(
    (period: string, options: CeilingOptions) =>
      does(async (context) => (await ceilingCommands()).removeCeilingCommand(period, options, context)),
  );
}

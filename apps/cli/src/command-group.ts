import type { Command } from "commander";

/** How a command of `parent` is begun: with a description, and examples that its help shows. */
export type CommandMaker = (name: string, description: string, ...examples: string[]) => Command;

export function commandsOf(parent: Command): CommandMaker {
  return (name, description, ...examples) =>
    parent
      .command(name)
      .description(description)
      .addHelpText(
        "after",
        `\nExample${examples.length > 1 ? "s" : ""}:\n${examples.map((one) => `  $ ${one}`).join("\n")}`,
      );
}

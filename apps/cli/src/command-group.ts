import type { Command } from "commander";

/** How a command of `parent` is begun: with a description, and examples that its help shows. */
export type CommandMaker = (name: string, description: string, ...examples: string[]) => Command;

/** `isDefault`: it is also what the words after the parent mean when they name no command. */
export function commandsOf(parent: Command, options: { readonly isDefault?: boolean } = {}): CommandMaker {
  return (name, description, ...examples) =>
    parent
      .command(name, options)
      .description(description)
      .addHelpText(
        "after",
        `\nExample${examples.length > 1 ? "s" : ""}:\n${examples.map((one) => `  $ ${one}`).join("\n")}`,
      );
}

/** The maker of commands of a group, such as `loramill lora …`, which is begun by the first that adds to it. */
export function groupOf(parent: Command, name: string, description: string, example: string): CommandMaker {
  const group = parent.commands.find((command) => command.name() === name);
  return commandsOf(group ?? commandsOf(parent)(name, description, example));
}

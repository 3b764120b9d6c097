import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { CaptionOptions } from "./commands/caption.ts";
import type { Does } from "./commands/context.ts";

const captionCommands = () => import("./commands/caption.ts");

const DATASET = "name (the newest version), digest or its beginning";
const PROVIDER = "auto, describe, simple, or a configured one; see docs/captions.md";

/** `loramill caption …`: write, look at, change and take back captions. Every change is a new version of the dataset. */
export function addCaptionCommands(parent: Command, does: Does): void {
  const command = commandsOf(
    commandsOf(parent)(
      "caption",
      "write, look at, change and take back captions",
      "loramill caption run toys --trigger zorb",
    ),
  );

  command("run", "caption a dataset and make a version of it", "loramill caption run toys --provider describe")
    .argument("<dataset>", DATASET)
    .option("--provider <provider>", PROVIDER)
    .option("--trigger <word>", "trigger word, put first in every caption")
    .option("--class <name>", "what the subject is, such as dog")
    .option("--existing <how>", "captions that are there: keep, replace or combine")
    .action((dataset: string, options: CaptionOptions) =>
      does(async (context) => (await captionCommands()).captionRunCommand(dataset, options, context)),
    );
  command(
    "show",
    "captions of a dataset, or every caption that one picture ever had",
    "loramill caption show toys",
    "loramill caption show toys ball.png --prompts",
  )
    .argument("<dataset>", DATASET)
    .argument("[path]", "a picture of it")
    .option("--prompts", "with a path: also the questions that were asked")
    .action((dataset: string, path: string | undefined, options: { prompts?: boolean }) =>
      does(async (context) => (await captionCommands()).captionShowCommand(dataset, path, options, context)),
    );
  command(
    "edit",
    "give a picture another caption; an empty one takes it away",
    'loramill caption edit toys ball.png "a red ball"',
  )
    .argument("<dataset>", DATASET)
    .argument("<path>", "the picture")
    .argument("<text>", "its caption")
    .action((dataset: string, path: string, text: string) =>
      does(async (context) => (await captionCommands()).captionEditCommand(dataset, path, text, context)),
    );
  command(
    "replace",
    "replace words in all captions",
    "loramill caption replace toys ball sphere --preview",
    'loramill caption replace toys "a (red|blue) ball" "zorb, \\$1" --regex',
  )
    .argument("<dataset>", DATASET)
    .argument("<find>", "what is there")
    .argument("<with>", "what is to be there")
    .option("--regex", "find a regular expression; $1 names its groups")
    .option("--preview", "only show what would change")
    .action((dataset: string, find: string, text: string, options: { regex?: boolean; preview?: boolean }) =>
      does(async (context) =>
        (await captionCommands()).captionReplaceCommand(dataset, { find, with: text, ...options }, context),
      ),
    );
  command("rollback", "take the captions of an older version back", "loramill caption rollback toys")
    .argument("<dataset>", DATASET)
    .option("--to <dataset>", "the version; default: the one it was derived from")
    .action((dataset: string, options: { to?: string }) =>
      does(async (context) => (await captionCommands()).captionRollbackCommand(dataset, options, context)),
    );
  command("test-provider", "ask a captioner about one picture", "loramill caption test-provider describe ball.png")
    .argument("<provider>", PROVIDER)
    .argument("<picture>", "a file of this machine")
    .option("--trigger <word>", "trigger word")
    .option("--class <name>", "what the subject is")
    .action((provider: string, picture: string, options: CaptionOptions) =>
      does(async (context) => (await captionCommands()).captionTestCommand(provider, picture, options, context)),
    );
}

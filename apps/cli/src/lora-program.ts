import { type Command, InvalidArgumentError } from "commander";
import { type CommandMaker, groupOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { InProject, LoraListOptions } from "./commands/lora.ts";
import type { LoraImportOptions } from "./commands/lora-import.ts";
import { given } from "./given.ts";
import { collect } from "./option-values.ts";

const loraCommands = () => import("./commands/lora.ts");
const loraDownloadCommands = () => import("./commands/lora-download.ts");
const loraImportCommands = () => import("./commands/lora-import.ts");
const loraLineageCommands = () => import("./commands/lora-lineage.ts");
const loraStatusCommands = () => import("./commands/lora-status.ts");

const LORA = "name (the newest version), name@version, id, alias, hash, or a unique beginning";

/** The commands of `loramill lora …` that work on the library. */
export function addLoraCommands(parent: Command, does: Does): void {
  const add = groupOf(parent, "lora", "keep, look into, merge, change and convert LoRAs", "loramill lora search dog");
  const command: CommandMaker = (...named) =>
    add(...named).option("--project <project>", "project it belongs to; default: default");
  const ofLora: CommandMaker = (...named) => command(...named).argument("<lora>", LORA);

  withFilters(command("list", "LoRAs, newest first", "loramill lora list --family sdxl --min-rating 4")).action(
    (options: LoraListOptions) => does(async (context) => (await loraCommands()).loraListCommand([], options, context)),
  );
  withFilters(
    command(
      "search",
      "LoRAs with all of these words in name, trigger words, tags, aliases, base model or notes",
      "loramill lora search toy clay --tag style",
    ),
  )
    .argument("<words...>")
    .action((words: string[], options: LoraListOptions) =>
      does(async (context) => (await loraCommands()).loraListCommand(words, options, context)),
    );
  ofLora("show", "everything about one", "loramill lora show toys@2", "loramill lora show 4f1c0a93").action(
    (lora: string, options: InProject) =>
      does(async (context) => (await loraCommands()).loraShowCommand(lora, options, context)),
  );
  command(
    "import",
    "put files into the library: .safetensors, or .pt, .pth, .bin, .ckpt, which are converted and never run",
    "loramill lora import clay.safetensors --tag style --cover clay.png",
    "loramill lora import ./downloads",
    "loramill lora import --high walk-H.safetensors --low walk-L.safetensors --name walk",
  )
    .argument("[paths...]", "files and folders; two that differ in high and low alone are one LoRA of Wan 2.2")
    .option("--high <file>", "file for the high noise expert of Wan 2.2, where its name does not say so")
    .option("--low <file>", "the same for low noise")
    .option("--name <name>", "default: what the file calls itself; several files become its versions")
    .option("--tag <tag>", "may be repeated", collect)
    .option("--trigger <word>", "trigger word instead of those the file tells; may be repeated", collect)
    .option("--family <family>", "such as sdxl, where the file does not tell")
    .option("--origin <url>", "where it came from; default: the file's name")
    .option("--notes <text>", "what is worth knowing")
    .option("--cover <picture>", "a picture of what it does")
    .action((paths: string[], options: LoraImportOptions) =>
      does(async (context) => (await loraImportCommands()).loraImportCommand(paths, options, context)),
    );
  ofLora("tag", "add tags", "loramill lora tag toys style favourite")
    .argument("<tags...>")
    .action((lora: string, addTags: string[], options: InProject) =>
      does(async (context) => (await loraCommands()).loraChangeCommand(lora, { addTags }, options, context)),
    );
  ofLora("untag", "take tags away", "loramill lora untag toys favourite")
    .argument("<tags...>")
    .action((lora: string, removeTags: string[], options: InProject) =>
      does(async (context) => (await loraCommands()).loraChangeCommand(lora, { removeTags }, options, context)),
    );
  ofLora(
    "edit",
    "set its trigger words, notes or family",
    'loramill lora edit toys --trigger zorb --notes "best at 0.7"',
  )
    .option("--trigger <word>", "instead of those it has; may be repeated", collect)
    .option("--notes <text>", "instead of those it has")
    .option("--family <family>", "such as sdxl, where the file told none or the wrong one")
    .action((lora: string, { trigger, notes, family, ...options }: EditOptions) =>
      does(async (context) =>
        (await loraCommands()).loraChangeCommand(
          lora,
          given({ triggerWords: trigger, notes, family }),
          options,
          context,
        ),
      ),
    );
  ofLora("alias", "give it other names", "loramill lora alias toys@2 favourite")
    .argument("<aliases...>")
    .option("--remove", "take these names away instead")
    .action((lora: string, aliases: string[], { remove, ...options }: InProject & { remove?: boolean }) =>
      does(async (context) =>
        (await loraCommands()).loraChangeCommand(
          lora,
          remove ? { removeAliases: aliases } : { addAliases: aliases },
          options,
          context,
        ),
      ),
    );
  ofLora(
    "rate",
    "give it 1 to 5 stars; a second rating of yours replaces the first",
    'loramill lora rate toys 4 --comment "best at 0.7"',
  )
    .argument("<stars>", "1 to 5", stars)
    .option("--comment <text>", "why")
    .option("--by <name>", "who rates; default: your user name")
    .action((lora: string, count: number, { project, ...rating }: RateOptions) =>
      does(async (context) =>
        (await loraCommands()).loraRateCommand(lora, { ...rating, stars: count }, given({ project }), context),
      ),
    );
  ofLora("cover", "set the picture that lists show", "loramill lora cover toys best.png")
    .argument("[picture]", "PNG, JPEG, WebP and others")
    .option("--remove", "take the picture away")
    .action((lora: string, picture: string | undefined, options: InProject & { remove?: boolean }) =>
      does(async (context) => (await loraCommands()).loraCoverCommand(lora, picture, options, context)),
    );
  ofLora("delete", "take it out of the library; `restore` brings it back", "loramill lora delete toys@1").action(
    (lora: string, options: InProject) =>
      does(async (context) => (await loraCommands()).loraDeleteCommand(lora, options, context)),
  );
  ofLora("restore", "bring a deleted one back", "loramill lora restore toys@1").action(
    (lora: string, options: InProject) =>
      does(async (context) => (await loraCommands()).loraRestoreCommand(lora, options, context)),
  );
  ofLora(
    "download",
    "save its file, or both files of a pair",
    "loramill lora download toys",
    "loramill lora download toys --output ./ComfyUI/models/loras/",
  )
    .option("--output <path>", "a file or a folder; default: LORA_OUTPUT_DIR")
    .action((lora: string, options: InProject & { output?: string }) =>
      does(async (context) => (await loraDownloadCommands()).loraDownloadCommand(lora, options, context)),
    );
  ofLora("lineage", "where it comes from, and what was made with it", "loramill lora lineage toys").action(
    (lora: string, options: InProject) =>
      does(async (context) => (await loraLineageCommands()).loraLineageCommand(lora, options, context)),
  );
  command("status", "the LoRA folder of this machine, and what of it is in the library", "loramill lora status")
    .option("--offline", "do not ask the library")
    .action((options: InProject & { offline?: boolean }) =>
      does(async (context) => (await loraStatusCommands()).loraStatusCommand(options, context)),
    );
}

type EditOptions = InProject & {
  readonly trigger?: string[];
  readonly notes?: string;
  readonly family?: string;
};
type RateOptions = InProject & { readonly comment?: string; readonly by?: string };

function withFilters(command: Command): Command {
  return command
    .option("--name <name>", "versions of this name")
    .option("--family <family>", "such as sdxl or pocket")
    .option("--tag <tag>", "has this tag; may be repeated", collect)
    .option("--min-rating <stars>", "average stars, at least", stars)
    .option("--source <source>", "trained, imported or made")
    .option("--deleted", "those that can be restored")
    .option("--limit <count>", "how many, 200 at most; default 50", (text) => whole(text, 200));
}

function stars(text: string): number {
  const value = Number(text);
  if (!(value >= 1 && value <= 5)) throw new InvalidArgumentError("expected 1 to 5");
  return value;
}

function whole(text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  }
  return value;
}

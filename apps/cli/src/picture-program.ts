import type { Command } from "commander";
import { groupOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { InspectPictureOptions } from "./commands/picture.ts";

const pictureCommands = () => import("./commands/picture.ts");

/** `loramill picture …`: finished pictures of this machine; none of it needs a mill. */
export function addPictureCommands(parent: Command, does: Does): void {
  const command = groupOf(
    parent,
    "picture",
    "look into finished pictures, whichever tool made them",
    "loramill picture inspect dog.png",
  );
  command(
    "inspect",
    "how a picture was made: prompt, settings, model, LoRAs; 1 when a file cannot be read",
    "loramill picture inspect dog.png",
    "loramill --json picture inspect dog.png castle.webp --raw",
  )
    .argument(
      "<file...>",
      "PNG, JPEG, WebP or AVIF, by this program, A1111, ComfyUI, InvokeAI, SwarmUI, Fooocus, NovelAI",
    )
    .option("--raw", "the texts as they lie in the file, too")
    .action((files: string[], options: InspectPictureOptions) =>
      does(async (context) => (await pictureCommands()).inspectPicturesCommand(files, options, context)),
    );
}

import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { GenerateCommandOptions } from "./commands/generate.ts";
import { withGenerateOptions } from "./generate/generate-options.ts";

const generateCommands = () => import("./commands/generate.ts");

/** `loramill generate`, without a dataset or a training. */
export function addGenerateCommand(parent: Command, does: Does): void {
  withGenerateOptions(
    commandsOf(parent)(
      "generate",
      "make pictures and clips with LoRAs of the library",
      'loramill generate "zorb on a hill" --lora zorb:0.8 --images 4',
      'loramill generate "zorb on a __place__" --lora zorb --wildcard "place=hill|beach" --combine all --grid',
      'loramill generate "zorb" --lora zorb --strip --seed 0',
      'loramill generate "in ink" --lora ink --image photo.png --denoise 0.5',
      'loramill generate "a dancer" --model sdxl --control openpose=pose.png:0.6 --image-prompt face.png:0.5',
      "loramill generate --file request.yaml --detach",
    ),
  )
    .option("--output <folder>", "where to put the results; default: a folder of OUTPUT_DIR")
    .option("--detach", "start it and go")
    .option("--resume <run>", "go on with a failed, cancelled or exhausted run, as `loramill resume` does")
    .action((prompts: string[], options: GenerateCommandOptions) =>
      does(async (context) => (await generateCommands()).generateCommand(prompts, options, context)),
    );
}

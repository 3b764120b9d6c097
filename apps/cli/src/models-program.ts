import type { Command } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { AddModelOptions } from "./commands/models.ts";

const modelsCommands = () => import("./commands/models.ts");

const MODEL = "as recipes name it, such as black-forest-labs/FLUX.1-dev";

/** `loramill models …`: base models, what is known of them, and their files in the store. */
export function addModelCommands(parent: Command, does: Does): void {
  const command = commandsOf(commandsOf(parent)("models", "base models and their files", "loramill models list"));
  const each = (value: string, before: readonly string[] = []): string[] => [...before, value];
  const ofModel = (name: string, description: string) =>
    command(name, description, `loramill models ${name} black-forest-labs/FLUX.1-dev`).argument("<model>", MODEL);

  command(
    "add",
    "write a model down: its family, and which files of a hub or a server it consists of",
    "loramill models add black-forest-labs/FLUX.1-dev --family flux --file flux1-dev.safetensors --file ae.safetensors --pull",
    "loramill models add my-merge --family sdxl --url https://files.example.com/merges --file merge.safetensors",
  )
    .argument("<model>", MODEL)
    .requiredOption("--family <family>", "pocket, sd15, sdxl, sd3, flux, wan22, flux2, qwen-image or z-image")
    .requiredOption(
      "--file <path>",
      "a file of it, with @sha256:DIGEST behind it to insist on one; again for another",
      each,
    )
    .option("--url <base>", "where the files lie; without it: the hub, under the model's name")
    .option("--folder <folder>", "a folder of the API's machine where they lie")
    .option("--revision <revision>", "branch, tag or commit of the hub; default: main")
    .option("--pull", "fetch the files at once")
    .action((id: string, options: AddModelOptions) =>
      does(async (context) => (await modelsCommands()).addModelCommand(id, options, context)),
    );
  command("list", "list the models that are written down", "loramill models list --json").action(() =>
    does(async (context) => (await modelsCommands()).listModelsCommand(context)),
  );
  ofModel("show", "files, licence, memory").action((id: string) =>
    does(async (context) => (await modelsCommands()).showModelCommand(id, context)),
  );
  ofModel("pull", "fetch what is missing into the store; goes on where it was broken off").action((id: string) =>
    does(async (context) => (await modelsCommands()).pullModelCommand(id, context)),
  );
  ofModel("verify", "read every file in the store and compare its digest").action((id: string) =>
    does(async (context) => (await modelsCommands()).verifyModelCommand(id, context)),
  );
  ofModel("remove", "forget a model").action((id: string) =>
    does(async (context) => (await modelsCommands()).removeModelCommand(id, context)),
  );
}

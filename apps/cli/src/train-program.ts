import { type Command, InvalidArgumentError } from "commander";
import { commandsOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { EstimateOptions } from "./commands/estimate.ts";
import type { OfProject, SaveRecipeOptions } from "./commands/recipe.ts";
import type { RunOptions } from "./commands/run.ts";
import type { TrainOptions } from "./train-spec.ts";

const estimateCommands = () => import("./commands/estimate.ts");
const recipeCommands = () => import("./commands/recipe.ts");
const trainCommands = () => import("./commands/train.ts");

const RECIPE = "a preset, a saved recipe, or a file (.yaml, .json)";

/** `loramill train PICTURES`, and what is about trainings: presets, recipes, what one will need. */
export function addTrainCommands(parent: Command, does: Does): void {
  const train = commandsOf(parent)(
    "train",
    "train a LoRA of pictures or of a dataset; and presets, recipes and estimates",
    'loramill train ./photos/dog --trigger "sks dog" --class dog',
    "loramill train presets",
  );
  // What names none of the commands beside it is trained on.
  commandsOf(train, { isDefault: true })(
    "run",
    "train a LoRA, follow it, and say where it lies; `run` may be left out. Ctrl-C cancels, twice leaves it to itself",
    'loramill train run ./photos/dog --trigger "sks dog" --class dog',
    "loramill train run toys --preset sdxl --backend agent --set steps=1500 --budget 2",
  )
    .argument("<pictures>", "a folder, archive or video, an S3 prefix, or a dataset (name, name@version or digest)")
    .option("--recipe <recipe>", RECIPE)
    .option("--preset <name>", "the same; `loramill train presets` lists them; default: pocket")
    .option("--backend <backend>", "auto, pocket, comfyui, replicate or agent")
    .option("--set <field=value>", "change a field of the recipe; again for another", each)
    .option("--name <name>", "name of the run and its LoRA")
    .option("--project <project>", "project it belongs to")
    .option("--trigger <word>", "trigger word, put first in every caption")
    .option("--class <name>", "what the subject is, such as dog")
    .option("--captioner <provider>", "who captions pictures that have no caption; see docs/captions.md")
    .option("--budget <usd>", "hard limit of the cost in US dollars", usd)
    .option("--output <folder>", "where to put the results; default: a folder of OUTPUT_DIR")
    .option("--detach", "start it and go")
    .action((pictures: string, options: TrainOptions & RunOptions) =>
      does(async (context) => (await trainCommands()).trainCommand(pictures, options, context)),
    );
  const command = commandsOf(train);
  const ofProject = (made: Command) => made.option("--project <project>", "of this project; default: default");

  command("presets", "list the presets", "loramill train presets --json").action(() =>
    does(async (context) => (await trainCommands()).presetsCommand(context)),
  );
  ofProject(
    command(
      "explain",
      "a recipe field by field: value, unit, range and why",
      "loramill train explain sdxl",
      "loramill train explain ./dogs.yaml --json",
    ),
  )
    .argument("<recipe>", RECIPE)
    .action((recipe: string, options: OfProject) =>
      does(async (context) => (await trainCommands()).explainRecipeCommand(recipe, options, context)),
    );

  ofProject(
    command(
      "estimate",
      "memory, time and cost on each GPU type, and what to change where it does not fit",
      "loramill train estimate flux --images 40",
      "loramill train estimate sdxl --gpu RTX4090 --gpu A100",
    ),
  )
    .argument("<recipe>", RECIPE)
    .option("--images <count>", "pictures of the dataset; default: 30", count)
    .option("--gpu <name>", "only this GPU; again for another", each)
    .action((recipe: string, options: EstimateOptions) =>
      does(async (context) => (await estimateCommands()).estimateCommand(recipe, options, context)),
    );

  const recipe = commandsOf(command("recipe", "saved recipes", "loramill train recipe list"));
  ofProject(
    recipe(
      "save",
      "save a recipe under a name of one's own",
      "loramill train recipe save dogs sdxl --set rank=48 --set optimiser=prodigy --set learningRate=1",
    ),
  )
    .argument("<name>", "its name")
    .argument("<from>", RECIPE)
    .option("--set <field=value>", "change a field; again for another", each)
    .option("--description <text>", "what it is for")
    .action((name: string, from: string, options: SaveRecipeOptions) =>
      does(async (context) => (await recipeCommands()).saveRecipeCommand(name, from, options, context)),
    );
  ofProject(recipe("list", "list saved recipes", "loramill train recipe list")).action((options: OfProject) =>
    does(async (context) => (await recipeCommands()).listRecipesCommand(options, context)),
  );
  ofProject(recipe("show", "print a saved recipe as the file that others import", "loramill train recipe show dogs"))
    .argument("<recipe>", RECIPE)
    .action((name: string, options: OfProject) =>
      does(async (context) => (await recipeCommands()).exportRecipeCommand(name, options, context)),
    );
  ofProject(recipe("export", "write a recipe into a file", "loramill train recipe export dogs --output dogs.yaml"))
    .argument("<recipe>", RECIPE)
    .requiredOption("--output <file>", ".yaml or .json")
    .action((name: string, options: OfProject & { output: string }) =>
      does(async (context) => (await recipeCommands()).exportRecipeCommand(name, options, context)),
    );
  ofProject(recipe("import", "save a recipe from a file", "loramill train recipe import dogs.yaml --name hounds"))
    .argument("<file>", ".yaml or .json")
    .option("--name <name>", "another name than the file says")
    .action((file: string, options: OfProject & { name?: string }) =>
      does(async (context) => (await recipeCommands()).importRecipeCommand(file, options, context)),
    );
  ofProject(recipe("delete", "delete a saved recipe", "loramill train recipe delete dogs"))
    .argument("<name>", "its name")
    .action((name: string, options: OfProject) =>
      does(async (context) => (await recipeCommands()).deleteRecipeCommand(name, options, context)),
    );
}

const each = (value: string, before: readonly string[] = []): string[] => [...before, value];

function usd(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError("expected US dollars");
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number above 0");
  return value;
}

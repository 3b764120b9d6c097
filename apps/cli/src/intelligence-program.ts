import { type Command, InvalidArgumentError } from "commander";
import { commandsOf, groupOf } from "./command-group.ts";
import type { Does } from "./commands/context.ts";
import type { RateGenerationOptions } from "./commands/ratings.ts";
import type { RecommendOptions } from "./commands/recommend.ts";
import { number } from "./option-values.ts";

const explainGenerationCommands = () => import("./commands/explain-generation.ts");
const ratingsCommands = () => import("./commands/ratings.ts");
const recommendCommands = () => import("./commands/recommend.ts");

const GENERATION = "id of a generation, or a picture or clip that was made here";
const PROJECT = ["--project <project>", "project it belongs to; default: default"] as const;

/** What chooses LoRAs and parameters, says why, and learns from ratings. */
export function addIntelligenceCommands(parent: Command, does: Does): void {
  const command = commandsOf(parent);
  withWishes(
    command(
      "recommend",
      "LoRAs and parameters for a prompt, with reasons; nothing is drawn",
      'loramill recommend "anime girl in a misty forest" --model sdxl --max-seconds 20',
    ),
  ).action((prompt: string, options: RecommendOptions) =>
    does(async (context) => (await recommendCommands()).recommendCommand(prompt, options, context)),
  );
  withWishes(
    groupOf(
      parent,
      "lora",
      "keep, look into, merge, change and convert LoRAs",
      "loramill lora search dog",
    )(
      "suggest",
      "LoRAs of the library that suit a prompt, and what speaks for each",
      'loramill lora suggest "anime girl in a misty forest" --loras 2',
    ),
  ).action((prompt: string, options: RecommendOptions) =>
    does(async (context) => (await recommendCommands()).suggestLorasCommand(prompt, options, context)),
  );
  groupOf(
    parent,
    "explain",
    "why things are as they are",
    "loramill explain last",
  )(
    "generation",
    "why a picture or clip has its LoRAs and parameters",
    "loramill explain generation ./results/images/0000-a-cat-seed1.png",
  )
    .argument("<generation>", GENERATION)
    .action((generation: string) =>
      does(async (context) => (await explainGenerationCommands()).explainGenerationCommand(generation, context)),
    );
  command("rate", "say how good a picture or clip is", 'loramill rate ./cat.png 5 "just like her"')
    .argument("<generation>", GENERATION)
    .argument("<stars>", "1 to 5", stars)
    .argument("[comment]", "what is good or bad about it")
    .option("--by <name>", "who rates; default: your user name")
    .option("--batch <name>", "what it belongs to; `loramill ratings rollback --batch` takes it back as a whole")
    .action((generation: string, count: number, comment: string | undefined, options: RateGenerationOptions) =>
      does(async (context) =>
        (await ratingsCommands()).rateCommand(
          generation,
          count,
          { ...options, ...(comment ? { comment } : {}) },
          context,
        ),
      ),
    );
  addRatingCommands(parent, does);
  command("learning", "what ratings taught, and how good its forecasts were", "loramill learning")
    .option(...PROJECT)
    .action((options: { project?: string }) =>
      does(async (context) => (await ratingsCommands()).learningCommand(options, context)),
    );
}

function addRatingCommands(parent: Command, does: Does): void {
  const ratings = groupOf(parent, "ratings", "what people said of pictures and clips", "loramill ratings list");
  withSelection(ratings("list", "ratings, oldest first", "loramill ratings list --by ann"))
    .option("--of <generation>", GENERATION)
    .action((which: Selection & { of?: string }) =>
      does(async (context) => (await ratingsCommands()).listRatingsCommand(which, context)),
    );
  withSelection(
    ratings("rollback", "take ratings back: learning forgets them", "loramill ratings rollback --batch import-7"),
  ).action((which: Selection) =>
    does(async (context) => (await ratingsCommands()).changeRatingsCommand("rollback", which, context)),
  );
  withSelection(
    ratings("restore", "give ratings again that were taken back", "loramill ratings restore --batch import-7"),
  ).action((which: Selection) =>
    does(async (context) => (await ratingsCommands()).changeRatingsCommand("restore", which, context)),
  );
  ratings("export", "ratings with what they are about", "loramill ratings export --format csv > ratings.csv")
    .option(...PROJECT)
    .option("--format <format>", "json (with all that was learned) or csv", format)
    .option("--output <file>", "file to write; default: the terminal")
    .action((options: { project?: string; format?: "json" | "csv"; output?: string }) =>
      does(async (context) => (await ratingsCommands()).exportRatingsCommand(options, context)),
    );
}

interface Selection {
  readonly project?: string;
  readonly batch?: string;
  readonly by?: string;
  readonly since?: string;
}

function withSelection(command: Command): Command {
  return command
    .option(...PROJECT)
    .option("--batch <name>", "that were sent with this")
    .option("--by <name>", "that this person gave")
    .option("--since <time>", "given then or later, such as 2026-11-21T08:00:00Z", moment);
}

function withWishes(command: Command): Command {
  return command
    .argument("<prompt>")
    .option(...PROJECT)
    .option("--model <model>", "what draws, such as sdxl or flux-dev; default: what the first backend draws with")
    .option("--negative <text>", "what is not to be seen")
    .option("--max-seconds <seconds>", "most seconds for a picture, nine times of ten", number)
    .option("--max-vram <gigabytes>", "most graphics memory", number)
    .option("--priority <priority>", "speed, balanced or quality")
    .option("--loras <count>", "most LoRAs at once; default: 3", number)
    .option("--min-confidence <share>", "less certain ones are not taken; default: 0.6", number)
    .option("--no-mixing", "no two LoRAs of different styles");
}

function stars(text: string): number {
  const value = number(text);
  if (![1, 2, 3, 4, 5].includes(value)) throw new InvalidArgumentError("expected 1 to 5");
  return value;
}

function format(text: string): "json" | "csv" {
  if (text !== "json" && text !== "csv") throw new InvalidArgumentError("expected json or csv");
  return text;
}

function moment(text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError("expected a time such as 2026-11-21T08:00:00Z");
  return time.toISOString();
}

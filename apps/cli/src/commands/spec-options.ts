import type { Command } from "commander";
import { collect, number, numbers } from "../option-values.ts";

/** The options that `run`, `plan` and `quote` share. */
export function withSpecOptions(command: Command): Command {
  return command
    .argument("<spec>", "a spec (YAML or JSON), a folder, zip or tar of pictures, or a video")
    .option("--name <name>", "name of the run and its LoRA")
    .option("--project <project>", "project it belongs to")
    .option("--trigger <word>", "trigger word, put first in every caption")
    .option("--class <name>", "what the subject is, such as dog")
    .option("--captioner <provider>", "auto, describe, simple, or a configured one; see docs/captions.md")
    .option("--preset <name>", "recipe: a preset or a saved recipe; `loramill train presets` lists them")
    .option("--steps <count>", "training steps", number)
    .option("--rank <rank>", "LoRA rank, 1 to 128", number)
    .option("--prompt <text>", "prompt to generate with; may be repeated", collect)
    .option("--images <count>", "images per prompt", number)
    .option("--strength <list>", "LoRA strengths, such as 0,0.5,1", numbers)
    .option("--seed <seed>", "seed of the training and first seed of the images", number)
    .option("--budget <usd>", "hard limit of the cost in US dollars", number)
    .option("--deadline <time>", "when it has to be done, as 2026-12-01T18:00:00Z")
    .option("--on-budget <what>", "when money or time runs out: stop at a checkpoint, or finish with it")
    .option("--no-train", "only the dataset and its captions")
    .option("--no-generate", "no images at the end");
}

import type { LoraRole, Recipe, RecipeIssue, RecipeSupport, TrainerName } from "@loramill/contracts";
import { predictsNoise } from "./noise-issues.ts";

/** Name of everything that a trainer writes; what a LoRA is called stands in its metadata and never becomes a path. */
export const OUTPUT_NAME = "lora";

/** Absolute folders and files of one training. */
export interface TrainingPlace {
  /** Where the trainer's configuration is written. */
  readonly work: string;
  /** Pictures with captions beside them (`000001.png`, `000001.txt`). */
  readonly images: string;
  /** The same for the regularisation set; null without one. */
  readonly regularisation: string | null;
  readonly output: string;
  /** Where the files of the checkpoint lie that the training goes on from. */
  readonly resume: string;
  /** The trainer's own checkout. */
  readonly trainer: string;
  readonly python: string;
  /** Files of the base model by role; the recipe's id is given where `base` is missing. */
  readonly models: Readonly<Record<string, string>>;
}

/** The part that a single file plays in a base model: its network, its VAE, or one of its text encoders. */
export type ModelRole = "base" | "ae" | "clip_l" | "clip_g" | "t5xxl";

/** Files of a base model that a trainer reads. Where they are not needed, it finds the model by its id as well. */
export interface ModelFileRoles {
  readonly roles: readonly ModelRole[];
  readonly needed: boolean;
}

export interface TrainerInput {
  readonly recipe: Recipe;
  readonly place: TrainingPlace;
  /** Files of the checkpoint to go on from, relative to its folder, and its absolute step; null from the start. */
  readonly resume: { readonly step: number; readonly files: readonly string[] } | null;
}

/** What is written and run. No text of a person ever reaches a shell: arguments are an array. */
export interface TrainerCommand {
  /** By absolute path. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

export type TrainerEvent =
  | {
      readonly kind: "progress";
      /** Absolute, whatever the trainer counts from. */
      readonly step: number;
      /** Null where the bar has none yet; NaN and infinities as they are. */
      readonly loss: number | null;
      readonly stepsPerSecond: number | null;
      readonly etaSeconds: number | null;
    }
  | { readonly kind: "out-of-memory"; readonly message: string }
  /** A line that says why a trainer ended, as an exception's last line does. */
  | { readonly kind: "failure"; readonly message: string };

/** Where the lines of a trainer begin to count, and what it is to save. */
export interface LineContext {
  readonly totalSteps: number;
  /** What the files of one save are for. */
  readonly roles: readonly LoraRole[];
  /** Absolute step that this process went on from. */
  readonly fromStep: number;
}

export interface OutputFile {
  /** Relative to the output folder, with `/`. */
  readonly path: string;
}

export interface FoundCheckpoint {
  readonly step: number;
  /** The finished LoRA, not a save on the way. */
  readonly final: boolean;
  /** The LoRA: a file for the whole model, or one for each expert that is trained. */
  readonly weights: readonly { readonly role: LoraRole; readonly path: string }[];
  /** Everything that going on from here needs, `weights` included. */
  readonly files: readonly string[];
}

/** Everything that differs between trainers, without I/O. */
export interface TrainerAdapter {
  readonly name: TrainerName;
  readonly families: readonly Recipe["family"][];
  readonly support: RecipeSupport;
  /** A restored checkpoint lies where the trainer looks for it by itself, or in a folder that its configuration names. */
  readonly restoresTo: "output" | "resume";
  /** What the table cannot say: fields that do not go together, and files that a family needs. */
  check(recipe: Recipe): readonly RecipeIssue[];
  modelFiles(family: Recipe["family"]): ModelFileRoles;
  command(input: TrainerInput): TrainerCommand;
  readLine(line: string, context: LineContext): TrainerEvent | null;
  findCheckpoints(files: readonly OutputFile[], context: LineContext): readonly FoundCheckpoint[];
  /** Pictures drawn while training, by the absolute step that they show. */
  findSamples(files: readonly OutputFile[], context: LineContext): readonly { step: number; path: string }[];
}

/** One checkpoint of the older families holds the whole model; later ones are folders on the hub. */
export function checkpointOrId(family: Recipe["family"]): ModelFileRoles {
  return { roles: predictsNoise(family) ? ["base"] : [], needed: false };
}

/** Pictures that the trainer has seen after so many steps. */
export function imagesSeen(recipe: Recipe, step: number): number {
  return step * recipe.batchSize * recipe.gradientAccumulation * recipe.gpus;
}

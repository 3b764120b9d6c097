import { PermanentError, type Recipe, UserError } from "@loramill/contracts";
import type { TrainerInputs } from "./trainings.ts";

/** What trainers call a choice of the recipe; the first name that a trainer knows is used. */
const NAMES = {
  steps: ["steps", "training_steps", "max_train_steps"],
  learningRate: ["learning_rate", "lora_lr"],
  rank: ["lora_rank", "network_dim"],
  alpha: ["lora_alpha", "network_alpha"],
  batchSize: ["batch_size", "train_batch_size"],
  resolution: ["resolution"],
  captionDropout: ["caption_dropout_rate"],
  scheduler: ["lr_scheduler"],
  warmupSteps: ["lr_warmup_steps"],
  horizontalFlip: ["flip_aug", "horizontal_flip"],
  optimiser: ["optimizer"],
  gradientCheckpointing: ["gradient_checkpointing"],
  seed: ["seed"],
} as const satisfies Partial<Record<keyof Recipe, readonly string[]>>;

/** Without these it would be another training. */
const NEEDED: readonly string[] = ["steps"] satisfies readonly (keyof Recipe)[];

type Field = keyof typeof NAMES;
type Property = TrainerInputs["properties"][string];

export interface TrainerInput {
  readonly input: Readonly<Record<string, string | number | boolean>>;
  /** Choices that the trainer has no input for, each a sentence. */
  readonly deviations: readonly { readonly code: string; readonly message: string }[];
}

/**
 * The input of a training as its trainer wants it: the recipe under the trainer's own names and types, our captions
 * instead of its own, the address of the pictures. UserError `impossible-recipe` for a value that it refuses.
 */
export function trainerInput(
  inputs: TrainerInputs,
  request: { readonly recipe: Recipe; readonly triggerWord: string | null; readonly images: string },
): TrainerInput {
  const { properties } = inputs;
  const input: Record<string, string | number | boolean> = { input_images: request.images };
  const deviations: { code: string; message: string }[] = [];
  for (const [field, names] of Object.entries(NAMES) as [Field, readonly string[]][]) {
    const name = names.find((candidate) => Object.hasOwn(properties, candidate));
    const value = request.recipe[field];
    if (name !== undefined) input[name] = asProperty(value, properties[name] ?? {}, field);
    else if (NEEDED.includes(field)) throw unknownTrainer(`it has no input for ${field}`);
    else if (isChosen(field, request.recipe))
      deviations.push({ code: "not-honoured", message: sentence(field, value) });
  }
  const trigger = ["trigger_word", "token_string"].find((name) => Object.hasOwn(properties, name));
  if (trigger !== undefined && request.triggerWord !== null) input[trigger] = request.triggerWord;
  if (Object.hasOwn(properties, "autocaption")) input.autocaption = false;
  const missing = inputs.required.filter((name) => !Object.hasOwn(input, name));
  if (missing.length > 0) throw unknownTrainer(`it requires ${missing.join(", ")}`);
  return { input, deviations };
}

function asProperty(value: string | number | boolean, property: Property, field: Field): string | number | boolean {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = property;
  if (typeof value === "number" && (value < minimum || value > maximum)) {
    const range = [minimum, maximum].map((end) => (Number.isFinite(end) ? `${end}` : "…")).join(" to ");
    throw impossible(field, value, range);
  }
  const given = property.type === "string" ? `${value}` : value;
  if (property.enum !== undefined && !property.enum.includes(given))
    throw impossible(field, value, property.enum.join(", "));
  return given;
}

/** Whether leaving the field out changes the training: most of them have a value that means nothing is asked for. */
function isChosen(field: Field, recipe: Recipe): boolean {
  if (field === "alpha") return recipe.alpha !== recipe.rank;
  if (field === "scheduler") return recipe.scheduler !== "constant";
  // The same LoRA, made with more or less memory.
  if (field === "gradientCheckpointing") return false;
  return recipe[field] !== 0 && recipe[field] !== false;
}

function sentence(field: Field, value: string | number | boolean): string {
  if (field === "alpha") return `the trainer knows no alpha and trains at alpha = rank, not at ${value}`;
  return `the trainer has no input for ${field} (${value}) and used its own`;
}

function impossible(field: Field, value: unknown, allowed: string): UserError {
  return new UserError(`train.recipe.${field}: Replicate's trainer does not take ${value}; it takes ${allowed}`, {
    code: "impossible-recipe",
    details: { field: `train.recipe.${field}` },
  });
}

function unknownTrainer(why: string): PermanentError {
  return new PermanentError(`Replicate's trainer cannot be used, because ${why}: choose another in REPLICATE_TRAINER`, {
    code: "unknown-trainer",
  });
}

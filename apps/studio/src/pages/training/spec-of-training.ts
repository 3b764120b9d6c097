import { inputOfField, type RecipeField, RecipeTemplate, type RunSpecInput } from "@loramill/contracts";
import type { NamedSource } from "../runs/picture-source.ts";

/** Fields of a recipe that were changed, as they are typed; what is not there is as the preset has it. */
export type TypedRecipe = Readonly<Partial<Record<RecipeField | "epochs", string>>>;

export const backends = ["auto", "pocket", "comfyui", "replicate", "agent"] as const;
type Backend = (typeof backends)[number];

/** What a person says of a training. */
export interface TrainingForm {
  readonly name: string;
  readonly source: NamedSource;
  readonly triggerWord: string;
  readonly className: string;
  /** Preset or saved recipe that `recipe` changes. */
  readonly preset: string;
  readonly recipe: TypedRecipe;
  readonly backend: Backend;
  /** GPU to rent, such as RTX4090; empty: as the backend has it. */
  readonly gpu: string;
  readonly budgetUsd: string;
}

/** What was cleaned when a dataset was made is trained on as it is. */
const KEEP_ALL = {
  exactDuplicates: "keep",
  nearDuplicates: "keep",
  blurred: "keep",
  tooSmall: "keep",
  lowContrast: "keep",
} as const;

/** The spec of a run that trains one LoRA: what `loramill train PICTURES` sends. */
export function specOfTraining(form: TrainingForm, project?: string): RunSpecInput {
  const { source, triggerWord, className, preset, backend, gpu, budgetUsd } = form;
  const recipe = readRecipe(form.recipe);
  return {
    name: form.name,
    ...(project === undefined ? {} : { project }),
    dataset: { sources: [source], ...(source.type === "dataset" ? { cleaning: KEEP_ALL } : {}) },
    caption: {
      ...(triggerWord === "" ? {} : { triggerWord }),
      ...(className === "" ? {} : { className }),
    },
    train: {
      ...(backend === "auto" ? {} : { backend }),
      preset,
      ...(Object.keys(recipe).length === 0 ? {} : { recipe }),
      ...(gpu === "" ? {} : { mode: "cloud", compute: { gpu_type: gpu } }),
    },
    ...(budgetUsd === "" ? {} : { budgetUsd: Number(budgetUsd) }),
  };
}

/** The values that were typed. What cannot be read stays the text it is, so that the check of the spec names its field. */
export function readRecipe(typed: TypedRecipe): Readonly<Record<string, unknown>> {
  const entries = Object.entries(typed) as [RecipeField | "epochs", string][];
  return Object.fromEntries(entries.map(([field, text]) => [field, readField(field, text)]));
}

function readField(field: RecipeField | "epochs", text: string): unknown {
  switch (inputOfField(field).kind) {
    case "number":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "switch":
      return text === "true";
    case "texts":
      return text
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
    case "json":
      return readJson(text);
    case "text":
      return field === "triggerWord" && text.trim() === "" ? null : text;
    case "choice":
      return text;
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value of a recipe as it is typed. */
export function typedValue(value: unknown): string {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join("\n");
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The whole recipe, with what was changed; null while something in it cannot be. Epochs and steps exclude each other. */
export function mergedRecipe(template: RecipeTemplate, typed: TypedRecipe): RecipeTemplate | null {
  const { steps, epochs, ...rest } = template;
  const changed = readRecipe(typed);
  const length = "steps" in changed || "epochs" in changed ? {} : steps === undefined ? { epochs } : { steps };
  const merged = RecipeTemplate.safeParse({ ...rest, ...length, ...changed });
  return merged.success ? merged.data : null;
}

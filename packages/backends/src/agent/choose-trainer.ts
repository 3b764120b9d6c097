import {
  type FieldSupport,
  type KnownModel,
  type Recipe,
  type RecipeField,
  type RecipeIssue,
  type RecipeSupport,
  recipeFields,
  type TrainerName,
} from "@loramill/contracts";
import { supportIssues } from "@loramill/recipes";
import { type TrainerAdapter, trainerAdapters } from "@loramill/trainers";
import { findModelFiles, type StoredModelFile } from "../base-models/find-model-files.ts";
import { commandsFor } from "../base-models/get-missing-files.ts";

export interface TrainerChoice {
  readonly adapter: TrainerAdapter;
  readonly issues: readonly RecipeIssue[];
  /** Files of the base model that the trainer reads; none where it finds the model by its id. */
  readonly files: readonly StoredModelFile[];
}

/** For the older families sd-scripts does most of what a recipe can say; newer ones it trains from single files only. */
const FIRST_CHOICE: Readonly<Partial<Record<Recipe["family"], TrainerName>>> = {
  sd15: "sd-scripts",
  sdxl: "sd-scripts",
};

/**
 * The first trainer that can do the recipe; when none can, the one that objects least, with what it objects to. Without
 * `models` nothing is said about the files of the base model.
 */
export function chooseTrainer(
  recipe: Recipe,
  allowed: readonly TrainerName[],
  models?: readonly KnownModel[],
): TrainerChoice | null {
  const first = FIRST_CHOICE[recipe.family];
  const order = [...allowed].sort((a, b) => Number(b === first) - Number(a === first));
  const choices = order
    .map((name) => trainerAdapters[name])
    .filter(({ families }) => families.includes(recipe.family))
    .map((adapter) => {
      const { files, issues } = filesFor(adapter, recipe, models);
      const own = [...supportIssues(adapter.name, recipe, adapter.support), ...adapter.check(recipe)];
      return { adapter, issues: [...own, ...issues], files };
    });
  const errors = ({ issues }: TrainerChoice) => issues.filter(({ severity }) => severity === "error").length;
  return choices.reduce<TrainerChoice | null>(
    (best, one) => (best === null || errors(one) < errors(best) ? one : best),
    null,
  );
}

/** What the trainer is given of the base model, and how to get what it cannot do without. */
function filesFor(
  adapter: TrainerAdapter,
  recipe: Recipe,
  models: readonly KnownModel[] | undefined,
): Pick<TrainerChoice, "files" | "issues"> {
  const { roles, needed } = adapter.modelFiles(recipe.family);
  if (models === undefined) return { files: [], issues: [] };
  const { stored, missing } = findModelFiles(recipe, roles, models);
  if (missing.length === 0 || !needed) return { files: stored, issues: [] };
  const lacking = missing.map(({ role }) => role).join(", ");
  const commands = commandsFor(recipe, missing, models).map((command) => `\`${command}\``);
  const message = `${adapter.name} trains ${recipe.family} from single files, and of ${recipe.baseModel} the store has no ${lacking}: run ${commands.join(" and ")}`;
  return { files: stored, issues: [{ field: "baseModel", severity: "error", message }] };
}

/** Families that at least one of these trainers trains. */
export const trainableFamilies = (allowed: readonly TrainerName[]): Recipe["family"][] => [
  ...new Set(allowed.flatMap((name) => trainerAdapters[name].families)),
];

/** Why none of these trainers takes a family, and which others would. */
export function noTrainer(family: Recipe["family"], allowed: readonly TrainerName[]): string {
  const others = Object.values(trainerAdapters)
    .filter(({ families }) => families.includes(family))
    .map(({ name }) => name);
  const advice =
    others.length === 0
      ? ""
      : `; ${others.join(" and ")} can: allow it in AGENT_TRAINERS, and give rented machines an image with it in FLEET_IMAGES`;
  return `no trainer of these agents (${allowed.join(", ")}) trains ${family}${advice}`;
}

const ORDER: readonly FieldSupport["kind"][] = ["honoured", "limited", "translated", "no-effect", "refused"];

/** For every field the most that any of the trainers makes of it. */
export function bestSupport(allowed: readonly TrainerName[]): RecipeSupport {
  const best = (field: RecipeField): FieldSupport =>
    allowed
      .map((name) => trainerAdapters[name].support[field])
      .reduce((a, b) => (ORDER.indexOf(b.kind) < ORDER.indexOf(a.kind) ? b : a));
  return Object.fromEntries(recipeFields.map((field) => [field, best(field)])) as RecipeSupport;
}

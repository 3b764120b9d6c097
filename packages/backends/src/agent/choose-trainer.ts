import {
  type FieldSupport,
  type Recipe,
  type RecipeField,
  type RecipeIssue,
  type RecipeSupport,
  recipeFields,
  type TrainerName,
} from "@loramill/contracts";
import { supportIssues } from "@loramill/recipes";
import { type TrainerAdapter, trainerAdapters } from "@loramill/trainers";

export interface TrainerChoice {
  readonly adapter: TrainerAdapter;
  readonly issues: readonly RecipeIssue[];
}

/** For the older families sd-scripts does most of what a recipe can say; newer ones it trains from single files only. */
const FIRST_CHOICE: Readonly<Partial<Record<Recipe["family"], TrainerName>>> = {
  sd15: "sd-scripts",
  sdxl: "sd-scripts",
};

/** The first trainer that can do the recipe; when none can, the one that objects least, with what it objects to. */
export function chooseTrainer(recipe: Recipe, allowed: readonly TrainerName[]): TrainerChoice | null {
  const first = FIRST_CHOICE[recipe.family];
  const order = [...allowed].sort((a, b) => Number(b === first) - Number(a === first));
  const choices = order
    .map((name) => trainerAdapters[name])
    .filter(({ families }) => families.includes(recipe.family))
    .map((adapter) => ({
      adapter,
      issues: [...supportIssues(adapter.name, recipe, adapter.support), ...adapter.check(recipe)],
    }));
  const errors = ({ issues }: TrainerChoice) => issues.filter(({ severity }) => severity === "error").length;
  return choices.reduce<TrainerChoice | null>(
    (best, one) => (best === null || errors(one) < errors(best) ? one : best),
    null,
  );
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

import {
  describeField,
  type Json,
  neutralRecipe,
  type RecipeField,
  type RecipeTemplate,
  recipeGroups,
} from "@loramill/contracts";
import { families } from "./families/index.ts";
import { neutralReasons } from "./neutral-reasons.ts";
import { presetList } from "./presets/index.ts";

export interface ExplainedField {
  /** Heading under which the field is read, such as `network`. */
  readonly group: keyof typeof recipeGroups;
  readonly field: RecipeField | "epochs";
  readonly value: Json;
  readonly unit: string | null;
  /** What the field takes, in words; null where words do not help. */
  readonly range: string | null;
  /** What the field is. */
  readonly meaning: string;
  /** Why it has this value. */
  readonly why: string;
}

/**
 * A recipe field by field, in reading order. Reasons come from the preset of that name, else from the recipe's family as
 * far as the values are the same; what a person chose themselves says so.
 */
export function explainRecipe(template: RecipeTemplate, preset?: string): ExplainedField[] {
  const reasons = presetList.find(({ name }) => name === preset)?.reasons ?? familyReasons(template);
  return groupedFields(template).map(({ group, field }) => ({
    group,
    field,
    value: template[field] as Json,
    ...describeField(field),
    why: reasons[field] ?? "chosen in this recipe",
  }));
}

function groupedFields(template: RecipeTemplate) {
  const groups = Object.keys(recipeGroups) as (keyof typeof recipeGroups)[];
  return groups.flatMap((group) =>
    (Object.keys(recipeGroups[group]) as RecipeField[]).map((name) => {
      const field: RecipeField | "epochs" = name === "steps" && template.steps === undefined ? "epochs" : name;
      return { group, field };
    }),
  );
}

function familyReasons(template: RecipeTemplate): Partial<Record<keyof RecipeTemplate, string>> {
  const family = families[template.family];
  const usual = { ...neutralRecipe, ...valuesOf(family.recipe) };
  const why = { ...neutralReasons, ...whysOf(family.recipe) };
  const same = Object.entries(why).filter(
    ([field]) => JSON.stringify(usual[field as keyof typeof usual]) === JSON.stringify(template[field as RecipeField]),
  );
  return { family: family.title, ...Object.fromEntries(same) };
}

type FamilyRecipe = (typeof families)[keyof typeof families]["recipe"];
const valuesOf = (recipe: FamilyRecipe): Partial<RecipeTemplate> =>
  Object.fromEntries(Object.entries(recipe).map(([field, [value]]) => [field, value]));
const whysOf = (recipe: FamilyRecipe): Record<string, string> =>
  Object.fromEntries(Object.entries(recipe).map(([field, [, why]]) => [field, why]));

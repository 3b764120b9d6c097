import { type ModelFamily, neutralRecipe, RecipeTemplate } from "@loramill/contracts";
import type { Choices } from "../choice.ts";
import { families } from "../families/index.ts";
import { neutralReasons } from "../neutral-reasons.ts";

type TemplateField = keyof RecipeTemplate;

/** A recipe by name, with a reason for every field. */
export interface Preset {
  readonly name: string;
  /** For whom it is, in one line. */
  readonly summary: string;
  readonly template: RecipeTemplate;
  readonly reasons: Readonly<Partial<Record<TemplateField, string>>>;
}

export interface PresetDefinition {
  readonly name: string;
  readonly family: ModelFamily;
  readonly summary: string;
  /** What differs from the family's own recipe. */
  readonly choices: Choices;
}

/** Neutral values, the family's recipe over them, the preset's choices over both; `epochs` take the place of `steps`. */
export function definePreset({ name, family, summary, choices }: PresetDefinition): Preset {
  const facts = families[family];
  const chosen = { ...facts.recipe, ...choices };
  const entries = Object.entries(chosen).filter(([field]) => !(field === "steps" && choices.epochs !== undefined));
  const values = Object.fromEntries(entries.map(([field, [value]]) => [field, value]));
  const reasons = Object.fromEntries(entries.map(([field, [, why]]) => [field, why]));
  return {
    name,
    summary,
    template: RecipeTemplate.parse({ ...neutralRecipe, family, ...values }),
    reasons: { ...neutralReasons, family: facts.title, ...reasons },
  };
}

import type { RecipeTemplate } from "@loramill/contracts";

/** A value of a field of a recipe, and why it was chosen: shown by `loramill train explain`. */
export type Choice<Value> = readonly [value: Value, why: string];

export type Choices = {
  readonly [Field in keyof RecipeTemplate]?: Choice<Exclude<RecipeTemplate[Field], undefined>>;
};

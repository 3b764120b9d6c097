import {
  canonicalJson,
  type FieldSupport,
  type Json,
  neutralRecipe,
  type Recipe,
  type RecipeField,
  type RecipeIssue,
  type RecipeSupport,
  recipeFields,
} from "@loramill/contracts";

/**
 * What a backend does not do as a recipe says: an error for what it refuses, a warning for what it does in another way or
 * what makes no difference on it. A field at its neutral value never is an issue. Nothing is dropped silently, because a
 * backend's table has an entry for every field.
 */
export function supportIssues(backend: string, recipe: Recipe, support: RecipeSupport): RecipeIssue[] {
  return recipeFields.flatMap((field) => {
    if (isNeutral(field, recipe)) return [];
    const issue = issueOf(backend, field, recipe[field] as Json, support[field]);
    return issue === null ? [] : [issue];
  });
}

function isNeutral(field: RecipeField, recipe: Recipe): boolean {
  if (!Object.hasOwn(neutralRecipe, field)) return false;
  const neutral: unknown = neutralRecipe[field as keyof typeof neutralRecipe];
  return canonicalJson(recipe[field]) === canonicalJson(neutral);
}

function issueOf(backend: string, field: RecipeField, value: Json, support: FieldSupport): RecipeIssue | null {
  switch (support.kind) {
    case "honoured":
      return null;
    case "limited": {
      if (support.values.some((one) => canonicalJson(one) === canonicalJson(value))) return null;
      const values = support.values.map((one) => shown(one)).join(", ");
      return {
        field,
        severity: "error",
        message: `${backend} takes ${values} here, not ${shown(value)}: ${support.because}`,
      };
    }
    case "translated":
      return { field, severity: "warning", message: `${backend} does ${shown(value)} as ${support.to}` };
    case "no-effect":
      return {
        field,
        severity: "warning",
        message: `${shown(value)} changes nothing on ${backend}: ${support.because}`,
      };
    case "refused":
      return { field, severity: "error", message: `${backend} cannot do ${shown(value)}: ${support.because}` };
  }
}

const shown = (value: Json): string => (typeof value === "string" ? value : canonicalJson(value));

import { nearNames } from "./near-names.ts";
import { type RecipeField, rangeOf, recipeFields } from "./recipe.ts";

/** What a schema found wrong, as far as it is shown. */
interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[] | undefined;
  /** Of a union: what each of its members found. */
  readonly errors?: readonly (readonly Issue[])[] | undefined;
}

export interface SpecProblem {
  /** Path of the field, such as `train.recipe.rank`; empty for the whole. */
  readonly field: string;
  readonly message: string;
}

const names: readonly string[] = [...recipeFields, "epochs"];
const isRecipeField = (name: string): name is RecipeField => names.includes(name) && name !== "epochs";

/**
 * A schema's findings for people: of a union only those of the member that was meant, for fields of a recipe what is
 * allowed, and for unknown ones the names that are near.
 */
export function specProblems(issues: readonly Issue[], at: readonly PropertyKey[] = []): SpecProblem[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const meant = issue.errors === undefined ? undefined : meantMember(issue.errors);
    return meant === undefined ? problemsOf(issue, path) : specProblems(meant, path);
  });
}

function problemsOf(issue: Issue, path: readonly PropertyKey[]): SpecProblem[] {
  const isInRecipe = path.includes("recipe");
  if (isInRecipe && issue.keys !== undefined) {
    return issue.keys.map((key) => {
      const near = nearNames(key, names);
      const hint = near.length > 0 ? `: did you mean ${near.join(" or ")}?` : "; `loramill train explain` lists them";
      return { field: [...path, key].join("."), message: `a recipe has no such field${hint}` };
    });
  }
  const last = String(path.at(-1) ?? "");
  const range = isInRecipe && isRecipeField(last) ? rangeOf(last) : undefined;
  return [{ field: path.join("."), message: `${issue.message}${range === undefined ? "" : ` (allowed: ${range})`}` }];
}

/** The member that says most about the inside of the value: one of another type says only that it is of another type. */
function meantMember(members: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inside = (member: readonly Issue[]) => member.filter(({ path, keys }) => path.length > 0 || keys !== undefined);
  return [...members].sort((a, b) => inside(b).length - inside(a).length)[0];
}

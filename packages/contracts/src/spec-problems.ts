import type { z } from "zod";
import { knownFields } from "./known-fields.ts";
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
  /** Of a union whose members are told apart by a field: what that field may be. */
  readonly options?: readonly unknown[] | undefined;
  /** The value in which it was found, where the schema reports it. */
  readonly input?: unknown;
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
 * allowed, and for unknown ones the names that are near; in other places than a recipe `schema` tells those.
 */
export function specProblems(
  issues: readonly Issue[],
  { schema, at = [] }: { readonly schema?: z.ZodType; readonly at?: readonly PropertyKey[] } = {},
): SpecProblem[] {
  return issues.flatMap((issue) => {
    const path = [...at, ...issue.path];
    const meant = issue.errors === undefined ? undefined : meantMember(issue.errors);
    if (meant !== undefined) return specProblems(meant, { at: path, ...(schema === undefined ? {} : { schema }) });
    return problemsOf(issue, path, schema);
  });
}

function problemsOf(issue: Issue, path: readonly PropertyKey[], schema: z.ZodType | undefined): SpecProblem[] {
  const isInRecipe = path.includes("recipe");
  if (isInRecipe && issue.keys !== undefined) {
    return issue.keys.map((key) => {
      const near = nearNames(key, names);
      const hint = near.length > 0 ? `: did you mean ${near.join(" or ")}?` : "; `loramill train explain` lists them";
      return { field: [...path, key].join("."), message: `a recipe has no such field${hint}` };
    });
  }
  if (issue.keys !== undefined && schema !== undefined) {
    const known = knownFields(schema, path);
    return issue.keys.map((key) => {
      const near = nearNames(key, known);
      const hint = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${known.join(", ")}`;
      return { field: [...path, key].join("."), message: `there is no such field: ${hint}` };
    });
  }
  if (issue.options !== undefined) return [{ field: path.join("."), message: oneOf(issue.options.map(String), issue) }];
  const last = String(path.at(-1) ?? "");
  const range = isInRecipe && isRecipeField(last) ? rangeOf(last) : undefined;
  return [{ field: path.join("."), message: `${issue.message}${range === undefined ? "" : ` (allowed: ${range})`}` }];
}

/** What tells the members of a union apart lies in the value that the schema reports. */
function oneOf(options: readonly string[], { input, path }: Issue): string {
  const given = (input as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[path.at(-1) ?? ""];
  const near = typeof given === "string" ? nearNames(given, options, 1) : [];
  return `${near.length > 0 ? `did you mean ${near[0]}? ` : ""}expected one of ${options.join(", ")}`;
}

/** The member that says most about the inside of the value: one of another type says only that it is of another type. */
function meantMember(members: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inside = (member: readonly Issue[]) => member.filter(({ path, keys }) => path.length > 0 || keys !== undefined);
  return [...members].sort((a, b) => inside(b).length - inside(a).length)[0];
}

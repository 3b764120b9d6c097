import { type Json, type JsonObject, knownFields, nearNames, RunSpec, schemasAt } from "@loramill/contracts";
import { fillText, type Variables } from "./batch-variables.ts";

/** Something about a field of a member that a person has to change. */
export class FieldProblem extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** `train.recipe.rank`; places in lists are numbers. */
export const pathOf = (field: string): string[] => field.split(".");

/** Whether a column names a field of a run, as against a variable: one with dots, or one that is a value, such as priority. */
export const isField = (column: string): boolean =>
  column.includes(".") || (schemasAt(RunSpec, [column]).length > 0 && knownFields(RunSpec, [column]).length === 0);

/** Throws `FieldProblem` where a run has no such field, with the names that are near. */
export function checkField(field: string): void {
  const path = pathOf(field);
  if (path[0] === "project" || path[0] === "version") {
    throw new FieldProblem(field, `${path[0]} is the batch's, the same for all runs`);
  }
  for (let depth = 1; depth <= path.length; depth += 1) {
    if (schemasAt(RunSpec, path.slice(0, depth)).length > 0) continue;
    const known = knownFields(RunSpec, path.slice(0, depth - 1));
    const near = nearNames(path[depth - 1] ?? "", known);
    const there =
      known.length > 0 ? `there are ${known.join(", ")}` : `${path.slice(0, depth - 1).join(".")} has no fields`;
    throw new FieldProblem(
      field,
      `a run has no such field: ${near.length > 0 ? `did you mean ${near.join(" or ")}?` : there}`,
    );
  }
}

/**
 * What a text of a table means in a field: itself where the field takes it, else the JSON that it is, such as a number. Tables
 * hold texts alone, and only the field knows.
 */
export function readAs(field: readonly string[], value: Json): Json {
  if (typeof value !== "string") return value;
  const schemas = schemasAt(RunSpec, field);
  if (schemas.some((schema) => schema.safeParse(value).success)) return value;
  try {
    const read = JSON.parse(value) as Json;
    return schemas.some((schema) => schema.safeParse(read).success) ? read : value;
  } catch {
    return value;
  }
}

/** The template with its variables filled in, in every text at any depth; keys are left as they are. */
export function fill(value: Json, variables: Variables, at: readonly string[] = []): Json {
  if (typeof value === "string") {
    try {
      const filled = fillText(value, variables);
      return filled.isWhole ? readAs(at, filled.value) : filled.value;
    } catch (error) {
      throw new FieldProblem(at.join("."), error instanceof Error ? error.message : String(error));
    }
  }
  if (Array.isArray(value)) return value.map((each, place) => fill(each, variables, [...at, String(place)]));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each, variables, [...at, name])]));
}

/** The spec with one field set; what lies on the way is made. The given one is left as it was. */
export function withField(spec: JsonObject, field: string, value: Json): JsonObject {
  const set = (into: Json | undefined, [name, ...rest]: readonly string[]): Json => {
    if (name === undefined) return value;
    if (Array.isArray(into)) {
      const place = Number(name);
      if (!Number.isInteger(place) || place < 0 || place > into.length) {
        throw new FieldProblem(field, `the list has places 0 to ${into.length}, not ${name}`);
      }
      return into.toSpliced(place, 1, set(into[place], rest));
    }
    if (into !== undefined && (into === null || typeof into !== "object")) {
      throw new FieldProblem(field, `the template says ${JSON.stringify(into)} there, which has no field ${name}`);
    }
    return { ...into, [name]: set(into?.[name], rest) };
  };
  return set(spec, pathOf(field)) as JsonObject;
}

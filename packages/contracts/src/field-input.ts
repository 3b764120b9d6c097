import { z } from "zod";

/** How a value is asked for in a form. */
export type FieldInput =
  | { readonly kind: "number"; readonly isWhole: boolean; readonly least: number | null; readonly most: number | null }
  | { readonly kind: "choice"; readonly options: readonly string[] }
  | { readonly kind: "switch" }
  | { readonly kind: "text" }
  /** One text a line. */
  | { readonly kind: "texts" }
  /** Nothing that a field of a form holds: an object, written as JSON. */
  | { readonly kind: "json" };

/** The input for what a schema takes. What may be null is asked for as if it may not: an empty field is null. */
export function inputOf(schema: unknown): FieldInput {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return inputOf(schema.unwrap());
  if (schema instanceof z.ZodEnum) return { kind: "choice", options: schema.options.map(String) };
  if (schema instanceof z.ZodBoolean) return { kind: "switch" };
  if (schema instanceof z.ZodString) return { kind: "text" };
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodString) return { kind: "texts" };
  if (!(schema instanceof z.ZodNumber)) return { kind: "json" };
  const { minValue: least, maxValue: most, format } = schema;
  return { kind: "number", isWhole: format === "safeint", least, most };
}

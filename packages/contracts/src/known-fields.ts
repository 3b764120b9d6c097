import { z } from "zod";

/**
 * Names of the fields that a schema has at a path, in order. Where members of a union differ, those of all of them; none
 * where the schema has no fields of its own there.
 */
export function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  return [...new Set(shapesAt(schema, path).flatMap((shape) => Object.keys(shape)))];
}

type Shape = Readonly<Record<string, z.ZodType>>;

function shapesAt(schema: z.ZodType, path: readonly PropertyKey[]): Shape[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((member) => shapesAt(member as z.ZodType, path));
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapesAt(innerOf(schema), path);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return shapesAt(innerOf(schema), path);
  const [name, ...rest] = path;
  if (schema instanceof z.ZodArray) return name === undefined ? [] : shapesAt(schema.element as z.ZodType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const shape = schema.shape as Shape;
  if (name === undefined) return [shape];
  const field = shape[String(name)];
  return field === undefined ? [] : shapesAt(field, rest);
}

const innerOf = (schema: { unwrap(): unknown }): z.ZodType => schema.unwrap() as z.ZodType;

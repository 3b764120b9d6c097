import { z } from "zod";

/**
 * Names of the fields that a schema has at a path, in order. Where members of a union differ, those of all of them; none
 * where the schema has no fields of its own there.
 */
export function knownFields(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const shapes = schemasAt(schema, path).flatMap(shapesOf);
  return [...new Set(shapes.flatMap((shape) => Object.keys(shape)))];
}

/** The schemas of the values that may stand at a path: one for each way through unions; none where there is no such field. */
export function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType[] {
  const [name, ...rest] = path;
  if (name === undefined) return [schema];
  const inner = wrappedBy(schema);
  if (inner !== undefined) return inner.flatMap((each) => schemasAt(each, path));
  if (schema instanceof z.ZodArray) return schemasAt(schema.element as z.ZodType, rest);
  if (schema instanceof z.ZodRecord) return schemasAt(schema.valueType as z.ZodType, rest);
  if (!(schema instanceof z.ZodObject)) return [];
  const field = (schema.shape as Shape)[String(name)];
  return field === undefined ? [] : schemasAt(field, rest);
}

type Shape = Readonly<Record<string, z.ZodType>>;

function shapesOf(schema: z.ZodType): Shape[] {
  const inner = wrappedBy(schema);
  if (inner !== undefined) return inner.flatMap(shapesOf);
  return schema instanceof z.ZodObject ? [schema.shape as Shape] : [];
}

/** Members of a union, or the one schema that may be left out or has a default; undefined where it is neither. */
function wrappedBy(schema: z.ZodType): z.ZodType[] | undefined {
  if (schema instanceof z.ZodUnion) return schema.options as z.ZodType[];
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return [innerOf(schema)];
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return [innerOf(schema)];
  return undefined;
}

const innerOf = (schema: { unwrap(): unknown }): z.ZodType => schema.unwrap() as z.ZodType;

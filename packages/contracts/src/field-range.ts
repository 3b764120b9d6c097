import { z } from "zod";

/**
 * The values a schema takes, in words: `1 to 128`, `fp32, fp16 or bf16`, `true or false`; undefined where words do not
 * help (free text, objects).
 */
export function describeRange(schema: unknown): string | undefined {
  if (schema instanceof z.ZodNullable) return describeRange(schema.unwrap());
  if (schema instanceof z.ZodOptional) return describeRange(schema.unwrap());
  if (schema instanceof z.ZodEnum) return oneOf(schema.options.map(String));
  if (schema instanceof z.ZodBoolean) return "true or false";
  if (!(schema instanceof z.ZodNumber)) return undefined;
  const { minValue, maxValue } = schema;
  if (minValue === null || maxValue === null) return undefined;
  const least = schema.safeParse(minValue).success ? `${minValue}` : `above ${minValue}`;
  return `${least} to ${maxValue}`;
}

function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

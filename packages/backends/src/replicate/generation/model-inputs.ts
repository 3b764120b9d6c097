import { z } from "zod";

const Value = z.union([z.string(), z.number(), z.boolean()]);
/** One input of a model, as far as it says what it takes. Choices stand in a schema of their own, which it refers to. */
const Property = z.looseObject({
  type: z.string().optional().catch(undefined),
  minimum: z.number().optional().catch(undefined),
  maximum: z.number().optional().catch(undefined),
  multipleOf: z.number().positive().optional().catch(undefined),
  default: Value.optional().catch(undefined),
  enum: z.array(Value).optional().catch(undefined),
  allOf: z
    .array(z.looseObject({ $ref: z.string() }))
    .optional()
    .catch(undefined),
});
const Schemas = z.record(z.string(), z.unknown());
const Input = z.looseObject({
  required: z.array(z.string()).default([]),
  properties: z.record(z.string(), Property),
});
const Version = z.looseObject({
  id: z.string(),
  openapi_schema: z.looseObject({ components: z.looseObject({ schemas: Schemas }) }),
});

export type ModelProperty = Pick<
  z.output<typeof Property>,
  "type" | "minimum" | "maximum" | "multipleOf" | "default" | "enum"
>;

/** What a version of a model takes. */
export interface ModelInputs {
  readonly properties: Readonly<Record<string, ModelProperty>>;
  readonly required: readonly string[];
}

/** The inputs that a version publishes; null for an answer that says none. */
export function readModelInputs(version: unknown): ModelInputs | null {
  const { schemas } = Version.safeParse(version).data?.openapi_schema.components ?? {};
  const input = Input.safeParse(schemas?.Input).data;
  if (schemas === undefined || input === undefined) return null;
  const properties = Object.entries(input.properties).map(([name, { allOf, ...property }]) => {
    const reference = allOf?.[0]?.$ref.split("/").at(-1) ?? "";
    const choices = Property.safeParse(schemas[reference]).data?.enum;
    return [name, choices === undefined ? property : { ...property, enum: choices }];
  });
  return { properties: Object.fromEntries(properties), required: input.required };
}

/** The part of OpenAPI v3 that Kubernetes' custom resource definitions are written in. */
export interface StructuralSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly required?: readonly string[];
  readonly items?: StructuralSchema;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** What is wrong with a value, with where; stricter than a cluster, which drops keys that it does not know. */
export function checkStructure(schema: StructuralSchema, value: unknown, at = ""): string[] {
  if (schema["x-kubernetes-int-or-string"]) {
    return Number.isInteger(value) || typeof value === "string" ? [] : [`${at}: expected an integer or a string`];
  }
  if (schema.type !== undefined && typeOf(value) !== schema.type && !(schema.type === "number" && isInteger(value))) {
    return [`${at}: expected ${schema.type}, not ${typeOf(value)}`];
  }
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: expected one of ${schema.enum.join(", ")}`];
  if (typeof value === "string") return checkText(schema, value, at);
  if (typeof value === "number") return value < (schema.minimum ?? value) ? [`${at}: at least ${schema.minimum}`] : [];
  if (Array.isArray(value)) {
    if (value.length < (schema.minItems ?? 0)) return [`${at}: at least ${schema.minItems} items`];
    return value.flatMap((item, index) => checkStructure(schema.items ?? {}, item, `${at}[${index}]`));
  }
  if (typeof value !== "object" || value === null) return [];
  return checkObject(schema, value, at);
}

function checkObject(schema: StructuralSchema, value: object, at: string): string[] {
  const { properties = {}, additionalProperties: others, required = [] } = schema;
  const missing = required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${at}.${key}: is missing`);
  // A bare `type: object`, such as metadata, is described elsewhere.
  const open = others === true || schema["x-kubernetes-preserve-unknown-fields"] === true || !schema.properties;
  const wrong = Object.entries(value).flatMap(([key, each]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : typeof others === "object" ? others : undefined;
    if (known !== undefined) return checkStructure(known, each, `${at}.${key}`);
    return open ? [] : [`${at}.${key}: is not known`];
  });
  return [...missing, ...wrong];
}

function checkText({ pattern, minLength = 0 }: StructuralSchema, text: string, at: string): string[] {
  if (text.length < minLength) return [`${at}: at least ${minLength} characters`];
  return pattern !== undefined && !new RegExp(pattern).test(text) ? [`${at}: does not match ${pattern}`] : [];
}

const isInteger = (value: unknown): boolean => typeOf(value) === "integer";

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

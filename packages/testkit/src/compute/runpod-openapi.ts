import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";
import document from "./runpod-rest-v2.json" with { type: "json" };

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  /** False: the parts of a list stand in one value, between commas. */
  readonly explode?: boolean;
  readonly schema: { readonly type?: string };
}

interface Operation {
  readonly parameters: readonly Parameter[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object | null>>;
}

export interface MatchedOperation {
  /** Such as `POST /v2/pods/{id}/action`. */
  readonly route: string;
  readonly id: string | undefined;
}

const paths = document.paths as unknown as Readonly<Record<string, Readonly<Record<string, Operation>>>>;

// Keywords of OpenAPI that say nothing about validity (`discriminator`) are let through.
const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
formatsPlugin.default(ajv);
ajv.addSchema(withoutConditions(document), "runpod");
const compiled = new Map<string, ValidateFunction>();

/** Every operation of the vendor's, as `METHOD /path`: those that are described here, and those of which only the name is known. */
export const runpodOperations = {
  described: Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  ),
  others: document.otherOperations as readonly string[],
};

/** The vendor's operation for a request; null for one that the vendor does not have. */
export function matchOperation(method: string, pathname: string): MatchedOperation | null {
  for (const path of Object.keys(paths)) {
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
    const match = pattern.exec(pathname);
    if (match === null || paths[path]?.[method.toLowerCase()] === undefined) continue;
    return { route: `${method} ${path}`, id: match[1] === undefined ? undefined : decodeURIComponent(match[1]) };
  }
  return null;
}

/** What the vendor's document has against a request, in words; empty when it is right. */
export function requestProblems(route: string, query: URLSearchParams, body: unknown): string[] {
  const { parameters, requestBody } = operationOf(route);
  const known = new Set(parameters.filter((one) => one.in === "query").map(({ name }) => name));
  const problems = [
    ...[...new Set(query.keys())].filter((name) => !known.has(name)).map((name) => `query ${name}: not known`),
    ...parameters.flatMap((one, at) => parameterProblems(one, `${pointerOf(route)}/parameters/${at}/schema`, query)),
  ];
  if (requestBody === undefined) return body === undefined ? problems : [...problems, "body: not expected"];
  return [...problems, ...schemaProblems(`${pointerOf(route)}/requestBody`, body)];
}

function parameterProblems(parameter: Parameter, pointer: string, query: URLSearchParams): string[] {
  const { name, required = false, explode = true, schema } = parameter;
  if (parameter.in !== "query") return [];
  const given = query.getAll(name);
  if (given.length === 0) return required ? [`query ${name}: missing`] : [];
  const parts = explode ? given : given.flatMap((text) => text.split(","));
  const isList = schema.type === "array";
  if (!isList && given.length > 1) return [`query ${name}: given ${given.length} times`];
  const value = isList ? parts : meantBy(given[0] ?? "", schema.type);
  return schemaProblems(pointer, value).map((problem) => `query ${name}: ${problem}`);
}

/** What a text of a query stands for; one that stands for nothing of the type is left to the schema to refuse. */
function meantBy(text: string, type: string | undefined): unknown {
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  const isNumber = (type === "integer" || type === "number") && text.trim() !== "";
  return isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** The same for an answer of a fake, so that it cannot drift from the document. */
export function answerProblems(route: string, status: number, body: unknown): string[] {
  const { responses } = operationOf(route);
  const key = status >= 400 && responses[String(status)] === undefined ? "default" : String(status);
  const schema = responses[key];
  if (schema === undefined) return [`status ${status}: not an answer of ${route}`];
  return schema === null ? [] : schemaProblems(`${pointerOf(route)}/responses/${key}`, body);
}

function operationOf(route: string): Operation {
  const [method = "", path = ""] = route.split(" ");
  const operation = paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`the document has no ${route}`);
  return operation;
}

function pointerOf(route: string): string {
  const [method = "", path = ""] = route.split(" ");
  return `/paths/${encodeURIComponent(path.replaceAll("/", "~1"))}/${method.toLowerCase()}`;
}

function schemaProblems(pointer: string, value: unknown): string[] {
  const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `runpod#${pointer}` });
  compiled.set(pointer, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "body"}: ${message}`);
}

/**
 * "If A then B" of an object that takes no unknown fields, said as "not A, or B": where A does not hold, ajv forgets which fields it
 * has seen, and takes all of them for unknown.
 */
function withoutConditions(whole: typeof document): object {
  const schemas = Object.entries(whole.components.schemas as Record<string, Conditional>).map(([name, schema]) => {
    const { if: condition, then: consequence, ...rest } = schema;
    if (condition === undefined || schema.unevaluatedProperties === undefined) return [name, schema];
    return [name, { ...rest, allOf: [...(rest.allOf ?? []), { anyOf: [{ not: condition }, consequence] }] }];
  });
  return { ...whole, components: { schemas: Object.fromEntries(schemas) } };
}

interface Conditional {
  readonly if?: object;
  readonly then?: object;
  readonly allOf?: readonly object[];
  readonly unevaluatedProperties?: boolean;
}

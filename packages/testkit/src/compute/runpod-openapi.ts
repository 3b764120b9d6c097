import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formatsPlugin from "ajv-formats";
import document from "./runpod-rest-v2.json" with { type: "json" };

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
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

/** The vendor's operation for a request; null for one that the vendor does not have. */
export function matchOperation(method: string, pathname: string): MatchedOperation | null {
  for (const path of Object.keys(paths)) {
    const pattern = new RegExp(`^${path.replaceAll("{id}", "([^/]+)")}$`);
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
  const problems = [...query.keys()].filter((name) => !known.has(name)).map((name) => `query ${name}: not known`);
  if (requestBody === undefined) return body === undefined ? problems : [...problems, "body: not expected"];
  return [...problems, ...schemaProblems(`${pointerOf(route)}/requestBody`, body)];
}

/** The same for an answer of a fake, so that it cannot drift from the document. */
export function answerProblems(route: string, status: number, body: unknown): string[] {
  const schema = operationOf(route).responses[String(status)];
  if (schema === undefined) return [`status ${status}: not an answer of ${route}`];
  return schema === null ? [] : schemaProblems(`${pointerOf(route)}/responses/${status}`, body);
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

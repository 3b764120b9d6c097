import type { Json } from "../digest.ts";
import type { GenerateSpec } from "../run-spec.ts";

/** Fields that hold an `InputFile`, wherever they are in a request. */
const FILE_FIELDS: ReadonlySet<string> = new Set([
  "image",
  "mask",
  "first",
  "last",
  "audio",
  "driving",
  "clip",
  "target",
  "face",
]);

type Generate = Pick<GenerateSpec, "request" | "vary">;
/** As a person wrote it: nothing of it has been checked. */
type Written<T> = { readonly [K in keyof T]?: unknown };

/** A copy of what a spec generates in which every file that goes in, of the request or of a variation, is called another. */
export function mapInputFiles<T extends Written<Generate>>(generate: T, map: (file: string) => string): T {
  const { request, vary } = generate;
  return {
    ...generate,
    ...(request === undefined ? {} : { request: mapIn(request as Json, map) }),
    ...(vary === undefined ? {} : { vary: mapVaried(vary as Json, map) }),
  };
}

function mapIn(value: Json | undefined, map: (file: string) => string): Json {
  if (Array.isArray(value)) return value.map((entry) => mapIn(entry, map));
  if (typeof value !== "object" || value === null) return value ?? null;
  const entries = Object.entries(value).map(([name, entry]) => [name, mapField(name, entry, map)]);
  return Object.fromEntries(entries);
}

function mapField(name: string, value: Json | undefined, map: (file: string) => string): Json {
  return typeof value === "string" && FILE_FIELDS.has(name) ? map(value) : mapIn(value, map);
}

/** A variation gives one field its values in turn; its path ends with the field's name. */
function mapVaried(vary: Json, map: (file: string) => string): Json {
  if (typeof vary !== "object" || vary === null || Array.isArray(vary)) return vary;
  const entries = Object.entries(vary).map(([path, values]) => {
    const field = path.split(".").at(-1) ?? "";
    return [path, Array.isArray(values) ? values.map((value) => mapField(field, value, map)) : values];
  });
  return Object.fromEntries(entries);
}

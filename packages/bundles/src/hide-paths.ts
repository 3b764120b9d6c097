import { type Json, type JsonObject, redact } from "@loramill/contracts";

/** Absolute paths as sentences hold them: of POSIX with two names at least, and of Windows. */
const PATHS = /(?<![\w/.:~-])(?:\/[\w.@+~-]+(?:\/[\w.@+~-]+)+\/?|[A-Za-z]:\\[^\s"'<>|]+)/g;

/**
 * What is told of a run without what only its machine was to know: secrets that errors of libraries hold, and paths of its
 * disk. Paths of the spec stay: whoever wrote it gave them away.
 */
export function hidePaths<T extends Json>(value: T, spec: Json): T {
  const given = new Set(textsOf(spec).filter((text) => text.startsWith("/") || /^[A-Za-z]:\\/.test(text)));
  const isGiven = (path: string) => [...given].some((one) => path === one || path.startsWith(`${one}/`));
  const hide = (text: string) => redact(text).replace(PATHS, (path) => (isGiven(path) ? path : "<path>"));
  return mapTexts(value, hide) as T;
}

function mapTexts(value: Json, map: (text: string) => string): Json {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((one) => mapTexts(one, map));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, mapTexts(one, map)] as const);
  return Object.fromEntries(entries) as JsonObject;
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

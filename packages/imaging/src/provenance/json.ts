export type JsonRecord = Readonly<Record<string, unknown>>;

/** Longer texts are not parsed, in characters: graphs of a thousand nodes have some hundred thousand. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** What `JSON.parse` hands to its reviver besides key and value. */
type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/** Whole numbers that a double cannot hold, such as seeds of 64 bits, stay text. */
const keepDigits: Reviver = (_key, value, context) =>
  typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value;

/** A JSON object, also with Python's NaN and Infinity, which become null; null for anything else. Never throws. */
export function parseRecord(text: string | null | undefined): JsonRecord | null {
  if (text == null || text.length > MAX_CHARACTERS || !/^\s*\{/.test(text)) return null;
  const parsed = parse(text) ?? parse(text.replace(/([[:,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, "$1null"));
  return isRecord(parsed) ? parsed : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    // Not JSON, or nested deeper than the stack.
    return null;
  }
}

/** JSON of ASCII alone, as ComfyUI writes it: it survives whatever encoding a tool takes it for. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

const NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,2})?\s*$/i;

/** A number, or a text that is one. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "string") return value.length <= 32 && NUMBER.test(value) ? Number(value) : null;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** The digits of a whole number, however it is written. */
export function digitsOf(value: unknown): string | null {
  if (typeof value === "string") return /^\s*-?\d{1,24}\s*$/.test(value) ? value.trim() : null;
  return typeof value === "number" && Number.isSafeInteger(value) ? `${value}` : null;
}

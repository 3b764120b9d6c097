/**
 * Metadata of safetensors files are texts. A table of fields says what each text means; values that are not what their
 * field says are left out when read, because files by other tools are not ours to judge.
 */
export interface FieldTypes {
  text: string;
  number: number;
  /** Python's `True` and `False`. */
  flag: boolean;
  /** JSON inside of the text. */
  json: unknown;
}
export type FieldTable = Readonly<Record<string, keyof FieldTypes>>;
export type FieldValues<T extends FieldTable> = { readonly [K in keyof T]?: FieldTypes[T[K]] };

/** Largest JSON text that is parsed: tag frequencies of large datasets have some megabytes. */
const MAX_JSON_LENGTH = 32 * 1024 * 1024;

export function readFields<T extends FieldTable>(
  table: T,
  prefix: string,
  metadata: ReadonlyMap<string, string>,
): FieldValues<T> {
  const values: Partial<Record<keyof T, unknown>> = {};
  for (const [field, type] of Object.entries(table)) {
    const text = metadata.get(`${prefix}${field}`);
    const value = text === undefined || text === "None" ? undefined : parse(type, text);
    if (value !== undefined) values[field as keyof T] = value;
  }
  return values as FieldValues<T>;
}

export function writeFields<T extends FieldTable>(
  table: T,
  prefix: string,
  values: FieldValues<T>,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [field, type] of Object.entries(table)) {
    const value: unknown = values[field as keyof T];
    if (value !== undefined) metadata[`${prefix}${field}`] = format(type, value);
  }
  return metadata;
}

function parse(type: keyof FieldTypes, text: string): unknown {
  if (type === "text") return text;
  if (type === "flag") return text === "True" ? true : text === "False" ? false : undefined;
  if (type === "number") {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  return parseJson(text);
}

/** Undefined for texts that are no JSON. */
export function parseJson(text: string | undefined): unknown {
  if (text === undefined || text.length > MAX_JSON_LENGTH) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function format(type: keyof FieldTypes, value: unknown): string {
  if (type === "flag") return value === true ? "True" : "False";
  return type === "json" ? JSON.stringify(value) : String(value);
}

import type { Json } from "../digest.ts";

type Holder = { [key: string]: Json | undefined };

/**
 * A copy of `value` in which the field at a path such as `sampling.steps` or `loras.0.strength` is another. What lies on
 * the way is made where it is missing.
 */
export function setField<T extends object>(value: T, path: string, to: Json): T {
  return set(value as Json, path.split("."), to) as T;
}

function set(value: Json | undefined, [name, ...rest]: readonly string[], to: Json): Json {
  if (name === undefined) return to;
  if (Array.isArray(value)) return value.map((entry, at) => (at === Number(name) ? set(entry, rest, to) : entry));
  const holder: Holder = typeof value === "object" && value !== null ? value : {};
  return { ...holder, [name]: set(holder[name], rest, to) } as Json;
}

import { canonicalJson, type Json, RunSpec, type RunSpecInput } from "@loramill/contracts";

/** The same spec in fewer words: what a field would be anyway is left out, as a person would write it. */
export function leanSpec(spec: RunSpecInput): RunSpecInput {
  const meaning = meaningOf(spec);
  const says = (smaller: Json) => meaningOf(smaller) === meaning;
  return meaning === null ? spec : (lean(spec as Json, says) as RunSpecInput);
}

/** What a spec comes to; null for one that is wrong. */
function meaningOf(spec: unknown): string | null {
  const parsed = RunSpec.safeParse(spec);
  return parsed.success ? canonicalJson(parsed.data) : null;
}

/** Takes away one field after the other that is not missed, of the innermost first. `says`: whether it still says the same. */
function lean(value: Json, says: (value: Json) => boolean): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    return value.reduce<Json[]>((items, item, at) => {
      const place = (smaller: Json) => items.with(at, smaller);
      return place(lean(item, (smaller) => says(place(smaller))));
    }, value);
  }
  let left: { readonly [name: string]: Json } = value;
  for (const [name, field] of Object.entries(value)) {
    const { [name]: _, ...others } = left;
    if (says(others)) left = others;
    else left = { ...left, [name]: lean(field, (smaller) => says({ ...left, [name]: smaller })) };
  }
  return left;
}

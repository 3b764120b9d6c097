import type { RunSpecInput, SpecProblem } from "@loramill/contracts";
import { parse, stringify } from "yaml";
import { checkSpec } from "./check-spec.ts";

export type ReadSpec =
  | { readonly spec: RunSpecInput; readonly problems: readonly [] }
  | { readonly spec: null; readonly problems: readonly SpecProblem[] };

/** A spec from YAML, of which JSON is a part, or everything that is wrong with it, field by field. */
export function readSpec(text: string): ReadSpec {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { spec: null, problems: [{ field: "", message: `this is not YAML: ${message}` }] };
  }
  const problems = checkSpec(value);
  return problems.length === 0 ? { spec: value as RunSpecInput, problems: [] } : { spec: null, problems };
}

export const writeSpec = (spec: RunSpecInput): string => stringify(spec);

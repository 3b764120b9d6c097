import { RunSpec, type RunSpecInput, type SpecProblem, specProblems } from "@loramill/contracts";
import { parse, stringify } from "yaml";

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
  const parsed = RunSpec.safeParse(value, { reportInput: true });
  if (parsed.success) return { spec: value as RunSpecInput, problems: [] };
  return { spec: null, problems: specProblems(parsed.error.issues, { schema: RunSpec }) };
}

export const writeSpec = (spec: RunSpecInput): string => stringify(spec);

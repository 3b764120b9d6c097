import { RunSpec, type SpecProblem, specProblems } from "@loramill/contracts";

/** Everything that is wrong with a spec by its own words alone, field by field; the API looks at the rest. */
export function checkSpec(spec: unknown): readonly SpecProblem[] {
  const parsed = RunSpec.safeParse(spec, { reportInput: true });
  return parsed.success ? [] : specProblems(parsed.error.issues, { schema: RunSpec });
}

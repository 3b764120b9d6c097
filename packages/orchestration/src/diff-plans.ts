import { canonicalJson, type Json, type PlanLock, type PlannedStep } from "@loramill/contracts";

/** One difference; `from` or `to` is left out where there is nothing on that side. */
export interface Difference {
  /** Such as `recipe.steps`, from the value that was compared. */
  readonly path: string;
  readonly from?: Json;
  readonly to?: Json;
}

export interface StepDifference {
  readonly step: string;
  readonly change: "added" | "removed" | "changed" | "affected";
  /** What decides the result and differs; empty for `affected`, whose inputs come from a step that differs. */
  readonly differences: readonly Difference[];
}

export interface PlanDifference {
  /** Name, project, priority, budget, policy: what does not change any result. */
  readonly run: readonly Difference[];
  /** Steps whose results differ, or may; in the order of the later plan, removed ones last. */
  readonly steps: readonly StepDifference[];
}

/** What would be done differently by the second plan: an empty answer means that everything is reused. */
export function diffPlans(a: PlanLock, b: PlanLock): PlanDifference {
  const before = new Map(a.steps.map((step) => [step.name, step]));
  const differing = new Set<string>();
  const steps: StepDifference[] = [];
  for (const step of b.steps) {
    const earlier = before.get(step.name);
    const differences = earlier === undefined ? [] : stepDifferences(earlier, step);
    if (earlier === undefined) steps.push({ step: step.name, change: "added", differences });
    else if (differences.length > 0) steps.push({ step: step.name, change: "changed", differences });
    else if (step.needs.some((need) => differing.has(need))) {
      steps.push({ step: step.name, change: "affected", differences });
    } else continue;
    differing.add(step.name);
  }
  const after = new Set(b.steps.map((step) => step.name));
  for (const { name } of a.steps) {
    if (!after.has(name)) steps.push({ step: name, change: "removed", differences: [] });
  }
  const { steps: _a, notes: _an, ...runA } = a;
  const { steps: _b, notes: _bn, ...runB } = b;
  return { run: differences(runA as Json, runB as Json), steps };
}

/** What decides a step's result and differs between two plannings of it; its inputs aside. */
export function stepDifferences(a: PlannedStep, b: PlannedStep): Difference[] {
  return differences(decisive(a), decisive(b));
}

/** As in the step's key, under the names that people gave. */
function decisive(step: PlannedStep): Json {
  const what = step.external === null ? step.params : { content: step.external };
  return { ...what, job: step.job, jobVersion: step.jobVersion, needs: [...step.needs].sort() };
}

/** Leaves at which two JSON values differ, in the order of their paths. Lists are compared as wholes. */
export function differences(a: Json | undefined, b: Json | undefined, path = ""): Difference[] {
  if (isObject(a) && isObject(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    return keys.flatMap((key) =>
      differences(
        Object.hasOwn(a, key) ? a[key] : undefined,
        Object.hasOwn(b, key) ? b[key] : undefined,
        path === "" ? key : `${path}.${key}`,
      ),
    );
  }
  if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return [];
  if (a === undefined && b === undefined) return [];
  return [{ path, ...(a === undefined ? {} : { from: a }), ...(b === undefined ? {} : { to: b }) }];
}

const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

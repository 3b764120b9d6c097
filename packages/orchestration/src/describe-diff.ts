import type { DiffAnswer, PlanLock, Quote, StepDiff } from "@loramill/contracts";
import { type Difference, diffPlans, type StepDifference } from "./diff-plans.ts";

const NOTHING = { p50: 0, p90: 0 };

/**
 * What differs between two plans, in words, and what each difference makes anew: the step itself and every step that is made
 * of it, at the prices of a quote of the later plan.
 */
export function describeDiff(before: PlanLock, after: PlanLock, price: Pick<Quote, "steps">): DiffAnswer {
  const { run, steps } = diffPlans(before, after);
  const dependents = (name: string): string[] => reached(name, after);
  const described = steps.map((each): StepDiff => {
    const makesAnew = each.change === "removed" ? [] : dependents(each.step);
    return { ...each, differences: [...each.differences], sentence: say(each), makesAnew, ...sum(makesAnew, price) };
  });
  const anew = new Set(described.flatMap(({ makesAnew }) => makesAnew));
  return {
    same: steps.every(({ change }) => change === "removed"),
    run: [...run],
    steps: described,
    ...sum([...anew], price),
  };
}

/** The step and all that are made of it, in the order of the plan. */
function reached(name: string, { steps }: PlanLock): string[] {
  const found = new Set([name]);
  for (const step of steps) if (step.needs.some((need) => found.has(need))) found.add(step.name);
  return [...found];
}

function sum(names: readonly string[], { steps }: Pick<Quote, "steps">): Pick<StepDiff, "costMicroUsd" | "seconds"> {
  const anew = steps.filter(({ name, cache }) => names.includes(name) && cache !== "reused");
  const add = (part: "costMicroUsd" | "seconds") =>
    anew.reduce((total, { [part]: each }) => ({ p50: total.p50 + each.p50, p90: total.p90 + each.p90 }), NOTHING);
  return { costMicroUsd: add("costMicroUsd"), seconds: add("seconds") };
}

function say({ step, change, differences }: StepDifference): string {
  switch (change) {
    case "added":
      return `${step} is new`;
    case "removed":
      return `${step} is no longer done`;
    case "affected":
      return `${step} is done again, because what it is made of differs`;
    case "changed":
      return `${step}: ${differences.map(sayDifference).join("; ")}`;
  }
}

/** Such as `recipe.rank is 32 instead of 8`. */
export function sayDifference({ path, from, to }: Difference): string {
  if (path === "content") return "the sources hold other pictures";
  if (path === "jobVersion") return `a newer processor (version ${brief(to)} instead of ${brief(from)})`;
  if (from === undefined) return `${path} is given: ${brief(to)}`;
  if (to === undefined) return `${path} is left out (it was ${brief(from)})`;
  return `${path} is ${brief(to)} instead of ${brief(from)}`;
}

function brief(value: Difference["from"]): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  const text = JSON.stringify(value) ?? "nothing";
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

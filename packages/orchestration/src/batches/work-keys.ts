import { type Digest, digestOf, type PlanLock } from "@loramill/contracts";
import { stepKey } from "../step-key.ts";

/**
 * Of each step of a plan, a digest that is equal for steps which will do the same work, whatever their inputs come to be: it
 * stands for what they are made of instead of the outputs. Null where the plan reuses nothing, so that all is done again.
 */
export function workKeys(lock: Pick<PlanLock, "steps" | "policy">): ReadonlyMap<string, Digest | null> {
  const keys = new Map<string, Digest>();
  for (const step of lock.steps) {
    const inputs = step.needs.map((need) => [need, keys.get(need) ?? digestOf(need)] as const);
    keys.set(step.name, stepKey(step, Object.fromEntries(inputs)));
  }
  return lock.policy.reuse ? keys : new Map(lock.steps.map(({ name }) => [name, null]));
}

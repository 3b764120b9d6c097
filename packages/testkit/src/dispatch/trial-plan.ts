import { type PlanLock, PlanLock as PlanLockSchema, type PlannedStep, RunSpec } from "@loramill/contracts";

export type TrialStep = Partial<PlannedStep> & Pick<PlannedStep, "name">;

/** A planned step with everything filled in that a test does not care about: by default one free caption job. */
export function trialStep(step: TrialStep): PlannedStep {
  return {
    kind: "caption",
    job: "caption-images",
    jobVersion: 1,
    needs: [],
    fanOut: { type: "single" },
    params: {},
    external: null,
    estimate: { items: null, seconds: 0, microUsd: 0 },
    ...step,
  };
}

/** A run to create, with these steps. */
export function trialRun(
  steps: readonly TrialStep[],
  overrides: Partial<Omit<PlanLock, "policy">> & { readonly policy?: Partial<PlanLock["policy"]> } = {},
): { readonly spec: RunSpec; readonly lock: PlanLock } {
  const { policy, ...rest } = overrides;
  const name = rest.name ?? "trial";
  const lock = PlanLockSchema.parse({
    format: "loramill-plan/1",
    name,
    project: "default",
    priority: 5,
    budgetMicroUsd: null,
    policy: {
      onStepFailure: "fail",
      failedItems: "continue",
      maxFailedShare: 0.5,
      reuse: true,
      onBudget: "stop",
      ...policy,
    },
    notes: [],
    steps: steps.map(trialStep),
    ...rest,
  });
  const spec = RunSpec.parse({ name, dataset: { sources: [{ type: "folder", path: "pictures" }] } });
  return { spec, lock };
}

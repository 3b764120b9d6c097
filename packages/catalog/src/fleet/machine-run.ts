import { DatasetSpec, FLEET_PROJECT, jobs, PlanLock, type RunSpec } from "@loramill/contracts";

const { name: job, version: jobVersion } = jobs["tend-machine"];

/** The run of one machine: a single job, which is served before anything else and never taken from a cache. */
export function machineRun(pod: string): { readonly spec: RunSpec; readonly lock: PlanLock } {
  const lock = PlanLock.parse({
    format: "loramill-plan/1",
    name: pod,
    project: FLEET_PROJECT,
    priority: 0,
    budgetMicroUsd: null,
    policy: { onStepFailure: "fail", failedItems: "fail", maxFailedShare: 0, reuse: false },
    steps: [
      {
        name: "machine",
        kind: "machine",
        job,
        jobVersion,
        needs: [],
        fanOut: { type: "single" },
        params: { pod },
        external: null,
        estimate: { items: 1, seconds: 0, microUsd: 0 },
      },
    ],
    notes: [],
  });
  const { project, priority, policy } = lock;
  // Nobody asked for it in words: it has no pictures and makes nothing.
  const spec = {
    version: 1,
    name: pod,
    project,
    dataset: DatasetSpec.parse({ sources: [] }),
    priority,
    policy,
  } as const;
  return { spec, lock };
}

import { DatasetSpec, FLEET_PROJECT, type JsonObject, jobs, PlanLock, type RunSpec } from "@loramill/contracts";

const { name: job, version: jobVersion } = jobs["tend-machine"];

interface FleetRun {
  readonly spec: RunSpec;
  readonly lock: PlanLock;
}

/** The run of one machine: a single job, which is served before anything else and never taken from a cache. */
export const machineRun = (pod: string): FleetRun => fleetRun(pod, { pod });

/** A run that only stands for something in the ledger: its step is over before it begins. */
export const standingRun = (name: string): FleetRun => fleetRun(name, {});

function fleetRun(name: string, params: JsonObject): FleetRun {
  const lock = PlanLock.parse({
    format: "loramill-plan/1",
    name,
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
        params,
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
    name,
    project,
    dataset: DatasetSpec.parse({ sources: [] }),
    priority,
    policy,
  } as const;
  return { spec, lock };
}

import {
  DatasetSpec,
  FLEET_PROJECT,
  type JobName,
  type JsonObject,
  jobs,
  PlanLock,
  type RunSpec,
  type StepKind,
} from "@loramill/contracts";

interface FleetRun {
  readonly spec: RunSpec;
  readonly lock: PlanLock;
}

/** The run of one machine: a single job, which is served before anything else and never taken from a cache. */
export const machineRun = (pod: string): FleetRun =>
  fleetRun(pod, { kind: "machine", job: "tend-machine", params: { pod } });

/** The run that keeps one network volume filled; the same name for each of them. */
export const volumeRun = (volume: string): FleetRun =>
  fleetRun(volumeRunName(volume), { kind: "volume", job: "fill-volume", params: { volume } });

export const volumeRunName = (volume: string): string => `fill-${volume}`;

/** A run that only stands for something in the ledger: its step is over before it begins. */
export const standingRun = (name: string): FleetRun =>
  fleetRun(name, { kind: "machine", job: "tend-machine", params: {} });

function fleetRun(
  name: string,
  { kind, job, params }: { readonly kind: StepKind; readonly job: JobName; readonly params: JsonObject },
): FleetRun {
  const lock = PlanLock.parse({
    format: "loramill-plan/1",
    name,
    project: FLEET_PROJECT,
    priority: 0,
    budgetMicroUsd: null,
    policy: { onStepFailure: "fail", failedItems: "fail", maxFailedShare: 0, reuse: false },
    steps: [
      {
        name: kind,
        kind,
        job,
        jobVersion: jobs[job].version,
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

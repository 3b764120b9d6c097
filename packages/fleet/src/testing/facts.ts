import type {
  Digest,
  FleetDemand,
  FleetFacts,
  FleetMachine,
  FleetOffer,
  FleetSupply,
  JobId,
  ProjectId,
  RunId,
} from "@loramill/contracts";

export const NOW = new Date("2026-11-20T10:00:00Z");
export const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);
export const GIB = 2 ** 30;
export const L4 = "NVIDIA L4";
export const A40 = "NVIDIA A40";

export const offer = (change: Partial<FleetOffer> = {}): FleetOffer => ({
  provider: "runpod",
  gpuType: L4,
  region: "EU-RO-1",
  vramBytes: 24 * GIB,
  pricePerHourMicroUsd: 400_000,
  interruptible: false,
  available: 4,
  ...change,
});

export const demand = (change: Omit<Partial<FleetDemand>, "job"> & { job?: string } = {}): FleetDemand => ({
  run: "run_1" as RunId,
  project: "project_1" as ProjectId,
  priority: 1,
  since: NOW,
  deadline: null,
  vramBytes: 16 * GIB,
  seconds: { [L4]: { p50: 3_600, p90: 4_200 }, [A40]: { p50: 3_000, p90: 3_500 } },
  models: [{ digest: model("a"), bytes: 10 * GIB }],
  providers: [],
  regions: [],
  maxMicroUsdPerHour: null,
  remainingMicroUsd: null,
  checkpointSeconds: 300,
  pod: null,
  preemptions: 0,
  ...change,
  job: (change.job ?? "job_1") as JobId,
});

export const model = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;

export const supply = (change: Partial<FleetSupply> = {}): FleetSupply => {
  const rented = change.offer ?? offer();
  return {
    name: "lm-1",
    provider: "runpod",
    state: "ready",
    priceAtMostMicroUsd: rented.pricePerHourMicroUsd,
    slots: 1,
    jobs: [],
    wantedFor: [],
    projects: [],
    holds: [],
    createdAt: after(-3_600),
    answeredAt: after(-3_500),
    busyAt: after(-10),
    ...change,
    offer: rented,
  };
};

export const facts = (change: Partial<FleetFacts> = {}): FleetFacts => ({
  now: NOW,
  demand: [],
  supply: [],
  offers: [],
  records: {},
  perHourMicroUsd: null,
  perHourByProject: {},
  remainingMicroUsd: null,
  remainingByProject: {},
  stopped: null,
  ...change,
});

/** As its provider lists it. */
export const machine = (change: Partial<FleetMachine> = {}): FleetMachine => ({
  remoteId: "pod1",
  name: "lm-a",
  state: "running",
  pricePerHourMicroUsd: 690_000,
  address: null,
  bill: { seconds: 0, amountMicroUsd: 0, isFinal: false },
  gpuType: "NVIDIA L4",
  region: null,
  interruptible: false,
  createdAt: NOW,
  ...change,
});

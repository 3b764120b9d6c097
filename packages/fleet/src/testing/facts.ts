import type {
  Digest,
  FleetDemand,
  FleetFacts,
  FleetOffer,
  FleetSupply,
  JobId,
  ProjectId,
  RunId,
} from "@loramill/contracts";
import fc from "fast-check";

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
  remainingMicroUsd: null,
  remainingByProject: {},
  stopped: null,
  ...change,
});

const amount = fc.integer({ min: 0, max: 5_000_000 });
const offers = fc.uniqueArray(
  fc.record({
    provider: fc.constantFrom("runpod", "static"),
    gpuType: fc.constantFrom(L4, A40, "NVIDIA H100"),
    region: fc.constantFrom("EU-RO-1", "US-KS-2"),
    vramBytes: fc.constantFrom(24 * GIB, 48 * GIB),
    pricePerHourMicroUsd: fc.integer({ min: 100_000, max: 3_000_000 }),
    interruptible: fc.boolean(),
    available: fc.nat(3),
  }),
  { maxLength: 10, selector: (one) => [one.provider, one.gpuType, one.region, one.interruptible].join("|") },
);
const range = fc
  .record({ p50: fc.integer({ min: 60, max: 20_000 }), more: fc.nat(5_000) })
  .map(({ p50, more }) => ({ p50, p90: p50 + more }));
const states = fc.constantFrom(
  "wanted" as const,
  "booting" as const,
  "ready" as const,
  "draining" as const,
  "ending" as const,
);

/** Any facts, as far as they agree with themselves: a machine's jobs are demand of its own, and only machines that are up have any. */
export const anyFacts: fc.Arbitrary<FleetFacts> = fc
  .record({
    offers,
    machines: fc.array(fc.record({ state: states, offer: fc.nat(9), age: fc.nat(4_000), hasJob: fc.boolean() }), {
      maxLength: 5,
    }),
    jobs: fc.array(
      fc.record({
        seconds: range,
        isBig: fc.boolean(),
        due: fc.option(fc.integer({ min: -1_000, max: 40_000 })),
        run: fc.nat(2),
        project: fc.nat(1),
        priority: fc.nat(2),
        model: fc.constantFrom("a", "b"),
        region: fc.option(fc.constantFrom("EU-RO-1", "US-KS-2")),
        most: fc.option(amount),
      }),
      { maxLength: 12 },
    ),
    runs: fc.array(fc.option(amount), { minLength: 3, maxLength: 3 }),
    perHour: fc.option(amount),
    remaining: fc.option(amount),
    project: fc.option(amount),
    isStopped: fc.boolean(),
  })
  .map((all) => {
    const pods = all.machines.flatMap((machine, at) => {
      const rented = all.offers[machine.offer % Math.max(1, all.offers.length)];
      if (rented === undefined) return [];
      const works = machine.hasJob && (machine.state === "ready" || machine.state === "draining");
      return [
        supply({
          name: `lm-${at}`,
          provider: rented.provider,
          state: machine.state,
          offer: rented,
          jobs: works ? [`job_on_${at}` as JobId] : [],
          createdAt: after(-machine.age),
          answeredAt: machine.state === "wanted" || machine.state === "booting" ? null : after(-machine.age / 2),
          busyAt: works ? NOW : null,
        }),
      ];
    });
    const running = pods.flatMap(({ name, jobs, offer: { gpuType } }) =>
      jobs.map((job) => demand({ job, pod: name, seconds: { [gpuType]: { p50: 600, p90: 900 } } })),
    );
    const waiting = all.jobs.map((job, at) =>
      demand({
        job: `job_${at}`,
        run: `run_${job.run}` as RunId,
        project: `project_${job.project}` as ProjectId,
        priority: job.priority,
        seconds: {
          [L4]: job.seconds,
          [A40]: job.seconds,
          "NVIDIA H100": { p50: job.seconds.p50 / 3, p90: job.seconds.p90 / 3 },
        },
        vramBytes: (job.isBig ? 40 : 20) * GIB,
        deadline: job.due === null ? null : after(job.due),
        models: [{ digest: model(job.model), bytes: 10 * GIB }],
        regions: job.region === null ? [] : [job.region],
        maxMicroUsdPerHour: job.most,
        remainingMicroUsd: all.runs[job.run] ?? null,
      }),
    );
    return facts({
      offers: all.offers,
      supply: pods,
      demand: [...running, ...waiting],
      perHourMicroUsd: all.perHour,
      remainingMicroUsd: all.remaining,
      remainingByProject: all.project === null ? {} : { project_0: all.project },
      stopped: all.isStopped ? "a person stopped it" : null,
    });
  });

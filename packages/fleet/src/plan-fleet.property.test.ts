import type { FleetDecision, FleetFacts, JobId, ProjectId, RunId } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { A40, after, demand, facts, GIB, L4, model, NOW, supply } from "./testing/facts.ts";

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
const anyFacts: fc.Arbitrary<FleetFacts> = fc
  .record({
    offers,
    machines: fc.array(
      fc.record({ state: states, offer: fc.nat(9), age: fc.nat(4_000), hasJob: fc.boolean(), of: fc.nat(1) }),
      {
        maxLength: 5,
      },
    ),
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
    perHourOfProject: fc.option(amount),
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
          mayReturn: machine.of === 0,
          offer: rented,
          projects: [`project_${machine.of}` as ProjectId],
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
      perHourByProject: all.perHourOfProject === null ? {} : { project_0: all.perHourOfProject },
      remainingMicroUsd: all.remaining,
      remainingByProject: all.project === null ? {} : { project_0: all.project },
      stopped: all.isStopped ? "a person stopped it" : null,
    });
  });

const settings = { ...defaultFleetSettings, maxPods: 6 };
const check = (holds: (facts: FleetFacts, plan: readonly FleetDecision[]) => void) =>
  fc.assert(
    fc.property(anyFacts, (facts) => holds(facts, planFleet(facts, settings))),
    { numRuns: 500 },
  );

const createsOf = (plan: readonly FleetDecision[]) => plan.flatMap((one) => (one.kind === "create" ? [one] : []));

describe("any plan of the fleet", () => {
  it("rents nothing that takes the machines above the ceiling by the hour, whichever candidate is met", () => {
    check((facts, plan) => {
      const creates = createsOf(plan);
      if (creates.length === 0 || facts.perHourMicroUsd === null) return;
      const living = facts.supply.reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
      const dearest = creates.map(({ candidates }) => Math.max(...candidates.map((one) => one.pricePerHourMicroUsd)));
      expect(dearest.reduce((sum, price) => sum + price, living)).toBeLessThanOrEqual(facts.perHourMicroUsd);
    });
  });

  it("rents nothing that takes the machines of a project above its ceiling by the hour, whoever shares them", () => {
    check((facts, plan) => {
      const projectOf = new Map(facts.demand.map(({ job, project }) => [job, project]));
      for (const [project, limit] of Object.entries(facts.perHourByProject)) {
        const creates = createsOf(plan).filter(({ jobs }) => jobs.some((job) => projectOf.get(job) === project));
        if (creates.length === 0) continue;
        const own = facts.supply.filter(({ projects }) => projects.includes(project as ProjectId));
        const living = own.reduce((sum, pod) => sum + pod.priceAtMostMicroUsd, 0);
        const dearest = creates.map(({ candidates }) => Math.max(...candidates.map((one) => one.pricePerHourMicroUsd)));
        expect(dearest.reduce((sum, price) => sum + price, living)).toBeLessThanOrEqual(limit);
      }
    });
  });

  it("rents nothing for more than a run, a project or the account may still spend", () => {
    check((facts, plan) => {
      const jobs = new Map(facts.demand.map((one) => [one.job, one]));
      const byProject = new Map<string, number>();
      let all = 0;
      for (const { jobs: ids, expected } of createsOf(plan)) {
        all += expected.microUsd;
        const own = ids.flatMap((id) => jobs.get(id) ?? []);
        for (const run of new Set(own.map((one) => one.run))) {
          const isAlone = own.every((one) => one.run === run);
          const limit = own.find((one) => one.run === run)?.remainingMicroUsd ?? null;
          if (isAlone && limit !== null) expect(expected.microUsd).toBeLessThanOrEqual(limit + 1);
        }
        const [project] = new Set(own.map((one) => one.project));
        if (project !== undefined && own.every((one) => one.project === project)) {
          byProject.set(project, (byProject.get(project) ?? 0) + expected.microUsd);
        }
      }
      if (facts.remainingMicroUsd !== null)
        expect(all).toBeLessThanOrEqual(facts.remainingMicroUsd + createsOf(plan).length);
      for (const [project, spent] of byProject) {
        const limit = facts.remainingByProject[project];
        if (limit !== undefined) expect(spent).toBeLessThanOrEqual(limit + createsOf(plan).length);
      }
    });
  });

  it("ends no machine with work", () => {
    check((facts, plan) => {
      const working = new Set(facts.supply.filter(({ jobs }) => jobs.length > 0).map(({ name }) => name));
      for (const one of plan) if (one.kind === "end") expect(working.has(one.pod)).toBe(false);
    });
  });

  it("has every job on a machine, on its way to one, or waiting for a reason", () => {
    check((facts, plan) => {
      const placed = plan.flatMap((one) => (one.kind === "create" || one.kind === "keep" ? one.jobs : []));
      const waiting = plan.flatMap((one) => (one.kind === "wait" ? [one.job] : []));
      const leaving = facts.supply.filter(
        ({ state }) => state === "draining" || plan.some((one) => one.kind === "drain"),
      );
      const finishing = facts.demand
        .filter(({ pod }) => leaving.some(({ name }) => name === pod))
        .map(({ job }) => job);
      for (const { job } of facts.demand) {
        const times = [...placed, ...waiting].filter((one) => one === job).length;
        expect(times === 1 || (times === 0 && finishing.includes(job))).toBe(true);
      }
      for (const { because } of plan) expect(because.length).toBeGreaterThan(10);
    });
  });

  it("is the same for the same facts in another order", () => {
    fc.assert(
      fc.property(anyFacts, fc.infiniteStream(fc.nat()), (facts, draws) => {
        const shuffle = <T>(values: readonly T[]): T[] =>
          values
            .map((value) => ({ value, key: Number(draws.next().value) }))
            .sort((a, b) => a.key - b.key)
            .map(({ value }) => value);
        const other = {
          ...facts,
          demand: shuffle(facts.demand),
          supply: shuffle(facts.supply),
          offers: shuffle(facts.offers),
        };
        expect(planFleet(other, settings)).toEqual(planFleet(facts, settings));
      }),
      { numRuns: 300 },
    );
  });

  it("rents no more machines than there are jobs for them, than are in stock, or than may be rented", () => {
    check((facts, plan) => {
      const creates = createsOf(plan);
      for (const { jobs, candidates, provider } of creates) {
        expect(jobs.length).toBeGreaterThan(0);
        expect(candidates.length).toBeGreaterThan(0);
        expect(candidates.every((one) => one.available > 0 && one.provider === provider)).toBe(true);
      }
      if (creates.length > 0) expect(facts.supply.length + creates.length).toBeLessThanOrEqual(settings.maxPods);
      if (facts.stopped !== null) expect(creates).toEqual([]);
    });
  });

  it("decides about each machine once at most", () => {
    check((_, plan) => {
      const names = plan.flatMap((one) => ("pod" in one ? [one.pod] : []));
      expect(new Set(names).size).toBe(names.length);
    });
  });
});

import type { FleetDecision, FleetFacts } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultFleetSettings } from "./fleet-settings.ts";
import { planFleet } from "./plan-fleet.ts";
import { anyFacts } from "./testing/facts.ts";

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

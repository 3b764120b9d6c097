import { isFinal, RunPolicy } from "@loramill/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "./testing/fixtures.ts";
import { simulateMill } from "./testing/simulate-mill.ts";
import type { SimulatedRun } from "./testing/simulated-run.ts";

const anyStep = fc.record({
  back: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
  jobs: fc.nat(6),
  microUsd: fc.nat(60),
});
const anyRun: fc.Arbitrary<SimulatedRun> = fc
  .record({
    project: fc.constantFrom("a", "b", "c"),
    policy: fc.record({
      onStepFailure: fc.constantFrom("fail" as const, "continue" as const),
      failedItems: fc.constantFrom("continue" as const, "fail" as const),
      maxFailedShare: fc.constantFrom(0, 0.5, 1),
      reuse: fc.boolean(),
      onBudget: fc.constantFrom("stop" as const, "finish" as const),
    }),
    budgetMicroUsd: fc.option(fc.nat(200)),
    priority: fc.nat(9),
    cancelAt: fc.option(fc.nat(30)),
    steps: fc.array(anyStep, { minLength: 1, maxLength: 6 }),
  })
  .map(({ steps, ...run }) => ({
    ...run,
    steps: steps.map(({ back, jobs, microUsd }, at) => ({
      jobs,
      microUsd,
      needs: [...new Set(back.map((places) => at - places).filter((place) => place >= 0))],
    })),
  }));
const chance = fc.double({ min: 0, max: 0.2, noNaN: true });
const anySimulation = fc.record({
  runs: fc.array(anyRun, { minLength: 1, maxLength: 5 }),
  limits: fc.record({
    window: fc.integer({ min: 1, max: 8 }),
    perProject: fc.integer({ min: 1, max: 5 }),
    ageingMs: fc.constant(5_000),
  }),
  chances: fc.record({ park: chance, transient: chance, user: chance, loss: chance, reuse: chance }),
  seed: fc.integer(),
});

describe("a mill whose jobs succeed, fail, park, are lost and are cancelled at random", () => {
  it("brings every run to an end, asks for nothing illegal, and exceeds no window, cap or budget", () => {
    fc.assert(
      fc.property(anySimulation, ({ seed, ...simulation }) => {
        const end = simulateMill({ ...simulation, random: seededRandom(seed) }, 5_000);
        expect(end.states.every((state) => isFinal("run", state))).toBe(true);
        expect(end.mostOpen).toBeLessThanOrEqual(simulation.limits.window);
        expect(end.mostOpenOfProject).toBeLessThanOrEqual(simulation.limits.perProject);
        expect(end.leastRoom).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 400 },
    );
  });

  it("lets every run succeed that may spend what it wants and whose jobs do not fail", () => {
    const lucky = { park: 0.3, transient: 0, user: 0, loss: 0, reuse: 0.1 };
    fc.assert(
      fc.property(anySimulation, ({ seed, runs, limits }) => {
        const patient = runs.map((run) => ({ ...run, budgetMicroUsd: null, cancelAt: null }));
        const end = simulateMill({ runs: patient, limits, chances: lucky, random: seededRandom(seed) }, 5_000);
        expect(end.states.every((state) => state === "succeeded")).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it("exhausts a run that cannot afford its jobs, and only that one", () => {
    const policy = RunPolicy.parse({});
    const steps = [{ needs: [], jobs: 10, microUsd: 100 }];
    const run = { project: "a", policy, priority: 5, cancelAt: null, steps };
    const end = simulateMill(
      {
        runs: [
          { ...run, budgetMicroUsd: 55 },
          { ...run, budgetMicroUsd: 100 },
        ],
        limits: { window: 4, perProject: 4, ageingMs: 5_000 },
        chances: { park: 0, transient: 0, user: 0, loss: 0, reuse: 0 },
        random: seededRandom(1),
      },
      1_000,
    );
    expect(end.states).toEqual(["exhausted", "succeeded"]);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FairShareState, type ReleaseLimits, selectReleases, type WaitingJob } from "./fair-share.ts";

const now = new Date("2026-01-01T12:00:00Z");
const limits: ReleaseLimits = { window: 100, perProject: 100, ageingMs: 60_000 };
const secondsAgo = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

const job = (id: string, over: Partial<WaitingJob> = {}): WaitingJob => ({
  job: id,
  project: "p",
  run: "r",
  priority: 5,
  waitingSince: now,
  estimateMicroUsd: 0,
  ...over,
});
const state = (jobs: readonly WaitingJob[], over: Partial<FairShareState> = {}): FairShareState => ({
  now,
  jobs,
  projects: {},
  budgets: {},
  ...over,
});
const many = (project: string, count: number): WaitingJob[] =>
  Array.from({ length: count }, (_, index) => job(`${project}${String(index).padStart(4, "0")}`, { project }));
const released = (from: FairShareState, within: ReleaseLimits): string[] =>
  selectReleases(from, within).releases.map(({ job: id }) => id);

describe("selectReleases", () => {
  it("serves urgent jobs first, and the older of equally urgent ones", () => {
    const jobs = [
      job("late", { waitingSince: secondsAgo(1) }),
      job("early", { waitingSince: secondsAgo(2) }),
      job("urgent", { priority: 0 }),
      job("idle", { priority: 9 }),
    ];
    expect(released(state(jobs), limits)).toEqual(["urgent", "early", "late", "idle"]);
  });

  it("lets waiting make up for priority", () => {
    const jobs = [job("fresh", { priority: 3 }), job("aged", { priority: 9, waitingSince: secondsAgo(7 * 60) })];
    expect(released(state(jobs), limits)).toEqual(["aged", "fresh"]);
  });

  it("fills the window and no more, counting what is open already", () => {
    const projects = { p: { weight: 1, open: 3, deficit: 0 } };
    expect(released(state(many("p", 9), { projects }), { ...limits, window: 5 })).toHaveLength(2);
    expect(released(state(many("p", 9), { projects }), { ...limits, window: 2 })).toEqual([]);
  });

  it("keeps a project at its cap and gives the rest of the window to others", () => {
    const jobs = [...many("a", 10), ...many("b", 10)];
    const projects = { a: { weight: 100, open: 2, deficit: 0 } };
    const answer = selectReleases(state(jobs, { projects }), { ...limits, window: 9, perProject: 4 });
    expect(answer.releases.filter(({ project }) => project === "a")).toHaveLength(2);
    expect(answer.releases.filter(({ project }) => project === "b")).toHaveLength(4);
  });

  it("keeps a project at its own cap where that is lower", () => {
    const projects = { a: { weight: 1, open: 1, deficit: 0, cap: 3 }, b: { weight: 1, open: 0, deficit: 0, cap: 99 } };
    const answer = selectReleases(state([...many("a", 9), ...many("b", 9)], { projects }), {
      ...limits,
      perProject: 5,
    });
    expect(answer.releases.filter(({ project }) => project === "a")).toHaveLength(2);
    expect(answer.releases.filter(({ project }) => project === "b")).toHaveLength(5);
  });

  it("spreads even a window of one over time by the weights", () => {
    const jobs = { a: many("a", 40), b: many("b", 40) };
    let deficits: Readonly<Record<string, number>> = {};
    const served = { a: 0, b: 0 };
    for (let round = 0; round < 40; round += 1) {
      const projects = {
        a: { weight: 3, open: 0, deficit: deficits.a ?? 0 },
        b: { weight: 1, open: 0, deficit: deficits.b ?? 0 },
      };
      const answer = selectReleases(state([...jobs.a, ...jobs.b], { projects }), { ...limits, window: 1 });
      deficits = answer.deficits;
      const project = answer.releases[0]?.project as "a" | "b";
      served[project] += 1;
      jobs[project].shift();
    }
    expect(served).toEqual({ a: 30, b: 10 });
  });

  it("counts sizes: a project with large jobs gets fewer of them", () => {
    const large = many("a", 50).map((one) => ({ ...one, size: 4 }));
    const answer = selectReleases(state([...large, ...many("b", 50)]), { ...limits, window: 50 });
    expect(answer.releases.filter(({ project }) => project === "a")).toHaveLength(10);
  });

  it("passes over jobs that do not fit the budget, without holding up those that do", () => {
    const jobs = [
      job("dear", { estimateMicroUsd: 80, priority: 0 }),
      job("fair", { estimateMicroUsd: 30, priority: 1 }),
      job("again", { estimateMicroUsd: 30, priority: 2 }),
      job("free", { priority: 3 }),
      job("other", { run: "unlimited", estimateMicroUsd: 1_000, priority: 4 }),
    ];
    const answer = selectReleases(
      state(jobs, { budgets: { r: { remainingMicroUsd: 50, reservedMicroUsd: 0 } } }),
      limits,
    );
    expect(answer.releases.map(({ job: id }) => id)).toEqual(["fair", "free", "other"]);
    expect(answer.blockedByBudget).toEqual([
      { job: "dear", run: "r" },
      { job: "again", run: "r" },
    ]);
    expect(answer.blockedRuns).toEqual([]);
  });

  it("names the runs that no release will ever fit, not those that wait for a reservation to come back", () => {
    const jobs = [job("x", { estimateMicroUsd: 80 }), job("y", { run: "s", estimateMicroUsd: 80 })];
    const budgets = {
      r: { remainingMicroUsd: 20, reservedMicroUsd: 50 },
      s: { remainingMicroUsd: 20, reservedMicroUsd: 60 },
    };
    expect(selectReleases(state(jobs, { budgets }), limits)).toMatchObject({
      releases: [],
      blockedRuns: [{ run: "r", ceiling: null }],
    });
  });

  it("releases what may begin with less with its least where there is no room for all, and blocks it only without that", () => {
    const training = job("j1", { run: "r", estimateMicroUsd: 240, leastMicroUsd: 30 });
    const budget = (remainingMicroUsd: number) => ({ budgets: { r: { remainingMicroUsd, reservedMicroUsd: 0 } } });
    const answer = (remainingMicroUsd: number) => selectReleases(state([training], budget(remainingMicroUsd)), limits);
    expect(answer(240).releases).toMatchObject([{ job: "j1", reservesMicroUsd: 240 }]);
    expect(answer(239).releases).toMatchObject([{ job: "j1", reservesMicroUsd: 30 }]);
    expect(answer(30)).toMatchObject({ releases: [{ reservesMicroUsd: 30 }], blockedRuns: [] });
    expect(answer(29)).toMatchObject({ releases: [], blockedRuns: [{ run: "r", ceiling: null }] });
  });

  it("reserves in every ceiling of a job, and blocks no run for one that begins anew", () => {
    const priced = (id: string, run: string, ceilings: string[]) => job(id, { run, estimateMicroUsd: 40, ceilings });
    const jobs = [priced("x", "r", ["day", "total"]), priced("y", "r", ["day", "total"]), priced("z", "s", ["total"])];
    const ceilings = {
      day: { remainingMicroUsd: 60, reservedMicroUsd: 0, isRenewed: true },
      total: { remainingMicroUsd: 90, reservedMicroUsd: 0, isRenewed: false },
    };
    expect(selectReleases(state(jobs, { ceilings }), limits)).toMatchObject({
      releases: [{ job: "x" }, { job: "z" }],
      blockedByBudget: [{ job: "y" }],
      blockedRuns: [],
    });
    const none = { ...ceilings, day: { ...ceilings.day, remainingMicroUsd: 0 } };
    expect(selectReleases(state(jobs.slice(0, 1), { ceilings: none }), limits).blockedRuns).toEqual([]);
    const spent = { ...ceilings, total: { ...ceilings.total, remainingMicroUsd: 10 } };
    expect(selectReleases(state(jobs, { ceilings: spent }), limits).blockedRuns).toEqual([
      { run: "r", ceiling: "total" },
      { run: "s", ceiling: "total" },
    ]);
  });

  it("does not let a project hoard while it is capped or has nothing that fits", () => {
    const jobs = [...many("a", 20), ...many("b", 3).map((one) => ({ ...one, run: "poor", estimateMicroUsd: 9 }))];
    const projects = { a: { weight: 1, open: 0, deficit: 0 }, b: { weight: 50, open: 0, deficit: 0 } };
    const budgets = { poor: { remainingMicroUsd: 0, reservedMicroUsd: 0 } };
    const answer = selectReleases(state(jobs, { projects, budgets }), { ...limits, window: 10 });
    expect(answer.deficits).toEqual({ a: 0 });
  });
});

const anyProjects = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d"),
  fc.record({ weight: fc.integer({ min: 1, max: 10 }), open: fc.nat(5), deficit: fc.integer({ min: -5, max: 5 }) }),
);
const anyJobs = fc.array(
  fc.record({
    project: fc.constantFrom("a", "b", "c", "d"),
    run: fc.constantFrom("r", "s", "t"),
    priority: fc.nat(9),
    seconds: fc.nat(1_000),
    estimateMicroUsd: fc.nat(40),
    size: fc.integer({ min: 1, max: 8 }),
  }),
  { maxLength: 60 },
);
const anyLimits = fc.record({ window: fc.nat(40), perProject: fc.nat(15), ageingMs: fc.constantFrom(1, 60_000) });
const anyBudgets = fc.dictionary(
  fc.constantFrom("r", "s"),
  fc.record({ remainingMicroUsd: fc.integer({ min: -20, max: 200 }), reservedMicroUsd: fc.nat(50) }),
);

describe("selectReleases on any queue", () => {
  it("exceeds no window, no cap and no budget, and releases every job at most once", () => {
    fc.assert(
      fc.property(anyProjects, anyJobs, anyLimits, anyBudgets, (projects, given, within, budgets) => {
        const jobs = given.map(({ seconds, ...one }, index) =>
          job(`j${index}`, { ...one, waitingSince: secondsAgo(seconds) }),
        );
        const { releases } = selectReleases(state(jobs, { projects, budgets }), within);
        const byId = new Map(jobs.map((one) => [one.job, one]));
        const open = Object.values(projects).reduce((sum, project) => sum + project.open, 0);
        expect(new Set(releases.map(({ job: id }) => id)).size).toBe(releases.length);
        expect(releases.length).toBeLessThanOrEqual(Math.max(0, within.window - open));
        for (const [project, mine] of Map.groupBy(releases, (release) => release.project)) {
          expect(mine.length + (projects[project]?.open ?? 0)).toBeLessThanOrEqual(within.perProject);
        }
        for (const [run, budget] of Object.entries(budgets)) {
          const mine = releases.filter(({ job: id }) => byId.get(id)?.run === run);
          const reserved = mine.reduce((sum, one) => sum + one.reservesMicroUsd, 0);
          expect(reserved).toBeLessThanOrEqual(Math.max(0, budget.remainingMicroUsd));
        }
        for (const { job: id, reservesMicroUsd } of releases) {
          const { estimateMicroUsd = 0, leastMicroUsd } = byId.get(id) ?? {};
          expect([estimateMicroUsd, leastMicroUsd ?? estimateMicroUsd]).toContain(reservesMicroUsd);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves no room unused for a job that fits", () => {
    fc.assert(
      fc.property(anyProjects, anyJobs, anyLimits, (projects, given, within) => {
        const jobs = given.map(({ seconds: _, ...one }, index) => job(`j${index}`, one));
        const { releases } = selectReleases(state(jobs, { projects }), within);
        const open = Object.values(projects).reduce((sum, project) => sum + project.open, 0);
        const roomFor = [...Map.groupBy(jobs, (one) => one.project)].map(([project, mine]) =>
          Math.min(mine.length, Math.max(0, within.perProject - (projects[project]?.open ?? 0))),
        );
        const possible = Math.min(
          Math.max(0, within.window - open),
          roomFor.reduce((sum, room) => sum + room, 0),
        );
        expect(releases).toHaveLength(possible);
      }),
    );
  });

  it("gives every project its weight's share of any long stretch, within two jobs per project", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 7 }), (given, window) => {
        const total = given.reduce((sum, weight) => sum + weight, 0);
        const served = new Map<string, number>();
        let deficits: Readonly<Record<string, number>> = {};
        let rounds = 0;
        for (; rounds < 100; rounds += 1) {
          const projects = Object.fromEntries(
            given.map((weight, index) => [`p${index}`, { weight, open: 0, deficit: deficits[`p${index}`] ?? 0 }]),
          );
          const jobs = given.flatMap((_, index) => many(`p${index}`, window + 1));
          const answer = selectReleases(state(jobs, { projects }), { ...limits, window });
          deficits = answer.deficits;
          for (const { project } of answer.releases) served.set(project, (served.get(project) ?? 0) + 1);
        }
        for (const [index, weight] of given.entries()) {
          const due = (rounds * window * weight) / total;
          expect(Math.abs((served.get(`p${index}`) ?? 0) - due)).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("releases a job of the lowest priority before all that came more than nine ages after it", () => {
    const perRound = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(
        perRound,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 20 }),
        (served, ages, backlog) => {
          const roundMs = 1_000;
          const ageingMs = ages * roundMs;
          /** Two urgent jobs come per place: an overload that would starve the idle one for ever without ageing. */
          const arrivals = served * 2;
          let waiting = [
            job("idle", { priority: 9 }),
            ...many("u", backlog).map((one) => ({ ...one, project: "p", priority: 0 })),
          ];
          const bound = Math.ceil((backlog + 1 + arrivals * (9 * ages + 1)) / served);
          let rounds = 0;
          for (; waiting.some((one) => one.job === "idle"); rounds += 1) {
            if (rounds > bound) throw new Error(`still waiting after ${bound} rounds`);
            const at = new Date(now.getTime() + rounds * roundMs);
            const done = new Set(released({ ...state(waiting), now: at }, { ...limits, ageingMs, window: served }));
            waiting = waiting.filter((one) => !done.has(one.job));
            for (let index = 0; index < arrivals; index += 1) {
              waiting.push(job(`n${rounds}-${index}`, { priority: 0, waitingSince: new Date(at.getTime() + 1) }));
            }
          }
          expect(rounds).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("selects from 50,000 waiting jobs of 200 projects in well under a second", () => {
    const jobs = Array.from({ length: 200 }, (_, index) => many(`p${index}`, 250)).flat();
    const started = performance.now();
    expect(released(state(jobs), { ...limits, window: 1_000 })).toHaveLength(1_000);
    expect(performance.now() - started).toBeLessThan(1_500);
  });
});

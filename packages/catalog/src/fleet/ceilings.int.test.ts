import type { Delivery, JobContext, JsonObject } from "@loramill/contracts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charge, claimed, releaseAll, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

type Run = Awaited<ReturnType<typeof startedRun>>;

/** Claims the jobs of a run; `hold` and `spend` as a worker says them. */
async function workOn({ jobs }: Run) {
  const claims = await Promise.all(jobs.map((delivery) => claimed(catalog, delivery)));
  return claims.map((claim) => ({
    claim,
    hold: (microUsd: number, charges: Parameters<JobContext["charge"]>[0][] = []) =>
      catalog.ledger.hold({ job: claim.job, epoch: claim.epoch, microUsd, charges }),
    spend: (amount: number, mark?: string) =>
      catalog.ledger.settle(
        settlementOf(
          claim,
          { kind: "parked", until: new Date(), turn: {} },
          { charges: [{ ...charge(amount), ...(mark === undefined ? {} : { mark }) }] },
        ),
      ),
  }));
}

const amounts = async (project?: Run["project"]) =>
  (await catalog.ceilings.list(project)).map(({ of, limitMicroUsd, spentMicroUsd, reservedMicroUsd }) => [
    of.scope.kind === "account" ? "account" : of.scope.project,
    of.period,
    limitMicroUsd,
    spentMicroUsd,
    reservedMicroUsd,
  ]);

describe("ceilings", () => {
  test("count what their project spent, this day and ever, and what its open jobs have left of their estimates", async () => {
    const run = await startedRun(catalog, 2, { project: "counted", estimateMicroUsd: 100 });
    await startedRun(catalog, 1, { project: "other", estimateMicroUsd: 1_000 });
    for (const period of ["day", "total"] as const) {
      await catalog.ceilings.set({ project: run.project, period }, 500);
      await catalog.ceilings.set({ project: null, period }, 5_000);
    }
    const [first] = await workOn(run);
    await first?.spend(30);
    expect(await amounts(run.project)).toEqual([
      ["account", "day", 5_000, 30, 1_170],
      ["account", "total", 5_000, 30, 1_170],
      ["counted", "day", 500, 30, 170],
      ["counted", "total", 500, 30, 170],
    ]);
    await catalog.pool.query("update loramill.spending set period = '2001-01-01' where period <> 'total'");
    expect((await amounts(run.project)).map(([, , , spent]) => spent)).toEqual([0, 30, 0, 30]);
    const [day] = await catalog.ceilings.list(run.project);
    expect(day?.reopensAt?.toISOString()).toMatch(/T00:00:00.000Z$/);
    expect(day?.reopensAt?.getTime()).toBeGreaterThan(Date.now());
    for (const period of ["day", "total"] as const) {
      expect(await catalog.ceilings.remove({ project: null, period })).toBe(true);
      expect(await catalog.ceilings.remove({ project: null, period })).toBe(false);
    }
    expect(await amounts()).toHaveLength(2);
  });

  test("tell since when they have their limit", async () => {
    const { id: project } = await catalog.projects.ensure("since");
    const ceiling = { project, period: "day" } as const;
    const since = async () => (await catalog.ceilings.list(project)).find((one) => one.project === project)?.since;
    await catalog.ceilings.set(ceiling, 100);
    // So that no machine is too fast to see a difference.
    await catalog.pool.query("update loramill.ceilings set created_at = created_at - interval '1 second'");
    const first = await since();
    await catalog.ceilings.set(ceiling, 100);
    expect(await since()).toEqual(first);
    await catalog.ceilings.set(ceiling, 200);
    expect((await since())?.getTime()).toBeGreaterThan(first?.getTime() ?? 0);
    await catalog.ceilings.remove(ceiling);
  });

  test("of an hour count the prices of the machines that are rented", async () => {
    const run = await startedRun(catalog, 1, { project: "hourly" });
    await catalog.ceilings.set({ project: run.project, period: "hour" }, 2_000_000);
    const pod = (name: string, state: string, wantedFor: readonly string[]) =>
      catalog.pool.query(
        `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill)
         values ($1, 'simulated', $2, 'run', $3, $4, '{}')`,
        [
          name,
          state,
          wantedFor,
          JSON.stringify([{ pricePerHourMicroUsd: 700_000 }, { pricePerHourMicroUsd: 400_000 }]),
        ],
      );
    await pod("mine", "ready", [run.jobs[0]?.job ?? ""]);
    await pod("mine-ended", "ended", [run.jobs[0]?.job ?? ""]);
    await pod("another's", "ready", ["job_of_somebody"]);
    expect(await amounts(run.project)).toEqual([["hourly", "hour", 2_000_000, 700_000, 0]]);
  });

  test("of an hour count a machine for whoever has it, or had it last, and not for those that it was rented for", async () => {
    const [renter, taker] = [
      await startedRun(catalog, 1, { project: "renter" }),
      await startedRun(catalog, 1, { project: "taker" }),
    ];
    for (const { project } of [renter, taker]) await catalog.ceilings.set({ project, period: "hour" }, 2_000_000);
    await catalog.pool.query("update loramill.jobs set queue = 'train' where run = any($1)", [[renter.run, taker.run]]);
    await catalog.pool.query(
      `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill)
       values ('shared', 'simulated', 'ready', 'run', $1, '[{"pricePerHourMicroUsd": 500000}]', '{}')`,
      [[renter.jobs[0]?.job]],
    );
    const perHour = async () => {
      const found = (await catalog.fleet.projectsOf()).get("shared");
      const sums = await Promise.all([renter, taker].map(async ({ project }) => (await amounts(project))[0]?.[3]));
      return { projects: found, sums };
    };
    const settle = async (turn: JsonObject, spends = 0) => {
      const answer = await catalog.ledger.claim({ ...(taker.jobs[0] as Delivery), queue: "train", worker: "w" });
      if (answer.kind === "refused") throw new Error(answer.reason);
      const charges = spends === 0 ? [] : [{ ...charge(spends), pod: "shared" }];
      await catalog.ledger.settle(settlementOf(answer.claim, { kind: "parked", until: new Date(), turn }, { charges }));
    };
    expect(await perHour()).toEqual({ projects: [renter.project], sums: [500_000, 0] });
    await settle({ phase: "running", pod: "shared" });
    expect(await perHour()).toEqual({ projects: [taker.project], sums: [0, 500_000] });
    await settle({ phase: "waiting" }, 10);
    expect(await perHour()).toEqual({ projects: [taker.project], sums: [0, 500_000] });
  });
});

describe("money is set aside", () => {
  test("up to a budget and no further, whatever the order", async () => {
    const run = await startedRun(catalog, 8, { project: "held", budgetMicroUsd: 1_000 });
    const workers = await workOn(run);
    const answers = await Promise.all(workers.map(({ hold }) => hold(300)));
    expect(answers.filter(({ refusedBy }) => refusedBy === null)).toHaveLength(3);
    const refused = answers.find(({ refusedBy }) => refusedBy !== null)?.refusedBy;
    expect(refused).toMatchObject({ of: { kind: "budget" }, limitMicroUsd: 1_000, reopensAt: null });
  });

  test("over what a turn was charged, counting once what the ledger has already", async () => {
    const run = await startedRun(catalog, 1, { project: "marked", budgetMicroUsd: 100 });
    const [worker] = await workOn(run);
    await worker?.spend(60, "slice-1");
    const [again] = await workOn(run);
    const told = [
      { ...charge(60), mark: "slice-1" },
      { ...charge(10), mark: "slice-2" },
    ];
    expect((await again?.hold(30, told))?.refusedBy).toBeNull();
    expect((await again?.hold(31, told))?.refusedBy).toMatchObject({ spentMicroUsd: 60 });
  });

  test("is not given to a worker whose job is another's by now", async () => {
    const run = await startedRun(catalog, 1, { project: "fenced", budgetMicroUsd: 100 });
    const [worker] = await workOn(run);
    await claimed(catalog, run.jobs[0] ?? { job: "job_", release: 0 });
    await expect(worker?.hold(1)).rejects.toMatchObject({ code: "superseded" });
  });

  test("and what was refused is what the next release has to have room for", async () => {
    const run = await startedRun(catalog, 1, { project: "refused", budgetMicroUsd: 100, estimateMicroUsd: 10 });
    const [worker] = await workOn(run);
    expect((await worker?.hold(150))?.refusedBy).not.toBeNull();
    if (worker === undefined) throw new Error("no job");
    await catalog.ledger.settle(settlementOf(worker.claim, { kind: "recalled", turn: {} }));
    const candidates = await catalog.dispatch.candidates({ perStep: { caption: 8 }, ageingMs: 60_000 });
    expect(candidates.find(({ run: of }) => of === run.run)).toMatchObject({ estimateMicroUsd: 150 });
    expect((await catalog.jobs.get({ job: worker.claim.job }))?.waitReason).toMatch(/no dispatcher|may cost/);
  });

  test("for a run without limits without asking anybody", async () => {
    const run = await startedRun(catalog, 1, { project: "free" });
    const [worker] = await workOn(run);
    expect(await worker?.hold(1e9)).toEqual({ refusedBy: null, onBudget: "stop", deadline: null });
  });

  test("never over a ceiling, by jobs that ask, spend, end and are released all at once", async () => {
    const limits = { budget: 4_000, total: 6_000 };
    const runs = await Promise.all(
      ["a", "b"].map(() =>
        startedRun(catalog, 6, {
          project: "crowd",
          budgetMicroUsd: limits.budget,
          release: false,
          estimateMicroUsd: 50,
        }),
      ),
    );
    const project = runs[0]?.project ?? null;
    await catalog.ceilings.set({ project, period: "total" }, limits.total);
    await releaseAll(catalog);
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    const spentBy = async () => (await catalog.ceilings.list(project ?? undefined))[0]?.spentMicroUsd ?? 0;
    const life = async (run: Run, at: number) => {
      for (let turn = 0; turn < 12; turn += 1) {
        const delivery = { job: run.jobs[at]?.job ?? "job_", release: 1 } as const;
        const claim = await claimed(catalog, delivery);
        const want = 1 + random(400);
        const { refusedBy } = await catalog.ledger.hold({
          job: claim.job,
          epoch: claim.epoch,
          microUsd: want,
          charges: [],
        });
        const spends = refusedBy === null ? 1 + random(want) : 0;
        const charges = spends === 0 ? [] : [charge(spends)];
        await catalog.ledger.settle(settlementOf(claim, { kind: "parked", until: new Date(), turn: {} }, { charges }));
      }
    };
    const lives = runs.flatMap((run) => run.jobs.map((_, at) => life(run, at)));
    await Promise.all(lives);
    expect(await spentBy()).toBeLessThanOrEqual(limits.total);
    expect(await spentBy()).toBeGreaterThan(limits.total / 3);
    for (const { run } of runs) {
      const view = await catalog.costs.get({ run });
      expect(view?.totalMicroUsd).toBeLessThanOrEqual(limits.budget);
    }
  }, 120_000);
});

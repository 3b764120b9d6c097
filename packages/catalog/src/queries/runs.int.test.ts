import type { ErrorRecord, JobId, RunId, StepId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { charge, claimed, deliveriesOf, releaseAll, settlementOf, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const failure: ErrorRecord = { class: "permanent", code: "broken", message: "it broke", details: {} };
const newProject = async (name: string) => (await catalog.projects.ensure(name)).id;

async function failRun({ run, step }: { run: RunId; step: StepId }) {
  expect(await catalog.dispatch.endStep({ run, step }, "fail", failure)).toBe(true);
  expect(await catalog.dispatch.moveRun(run, "fail", failure)).toBe(true);
}

describe("a run", () => {
  test("is created with its steps, budget and notes, and read back as the API shows it", async () => {
    const project = await newProject("first");
    const planned = trialRun(
      [
        { name: "source", kind: "source", job: "index-source" },
        { name: "caption", needs: ["source"] },
      ],
      { name: "dogs", budgetMicroUsd: 2_500_000, notes: ["auto chose describe"] },
    );
    const run = await catalog.runs.create({ project, ...planned });
    expect(await catalog.runs.get({ run, project })).toMatchObject({
      id: run,
      name: "dogs",
      project: "first",
      state: "planned",
      budgetMicroUsd: 2_500_000,
      spentMicroUsd: 0,
      notes: ["auto chose describe"],
      steps: [
        { name: "source", state: "blocked", jobs: { total: 0 }, output: null, reusedFrom: null },
        { name: "caption", state: "blocked" },
      ],
    });
    expect(await catalog.runs.plan({ run, project })).toMatchObject({ lock: planned.lock, spec: planned.spec });
  });

  test("carries what planning it has paid, in its ledger and against its budget", async () => {
    const project = await newProject("paid");
    const planned = trialRun([
      { name: "caption" },
      { name: "generate", kind: "generate", job: "generate-images", needs: ["caption"] },
    ]);
    const paid = { kind: "analysis", supplier: "llm:small", unit: "token", note: "900 in, 100 out" } as const;
    const charges = [
      { ...paid, quantity: 1000, amountMicroUsd: 2800 },
      { ...paid, quantity: 500, amountMicroUsd: 1400 },
    ];
    const run = await catalog.runs.create({ project, ...planned, charges });
    expect(await catalog.runs.get({ run, project })).toMatchObject({ spentMicroUsd: 4200 });
    expect(await catalog.costs.get({ run, project })).toMatchObject({
      totalMicroUsd: 4200,
      steps: [
        { step: "caption", amountMicroUsd: 0 },
        { step: "generate", amountMicroUsd: 4200, attempts: 0, computeSeconds: 0 },
      ],
      entries: charges.map((charge) => ({ ...charge, step: "generate", job: null, epoch: 0 })),
    });
    await catalog.runs.create({ project, ...planned, charges });
    const { rows } = await catalog.pool.query(
      "select amount_micro_usd as amount from loramill.spending where project = $1",
      [project],
    );
    expect(rows, "of the day and in total, for the ceilings").toEqual([{ amount: "8400" }, { amount: "8400" }]);
  });

  test("of another project is not there, whatever is asked", async () => {
    const project = await newProject("mine");
    const other = await newProject("theirs");
    const { run, jobs } = await startedRun(catalog, 1, { project: "mine" });
    const job = (jobs[0] as { job: JobId }).job;
    expect(await catalog.runs.get({ run, project: other })).toBeNull();
    expect(await catalog.runs.plan({ run, project: other })).toBeNull();
    expect(await catalog.runs.requestCancel({ run, project: other })).toBe("unknown");
    expect(await catalog.runs.resume({ run, project: other })).toBe("unknown");
    expect(await catalog.costs.get({ run, project: other })).toBeNull();
    expect(await catalog.events.list({ run, project: other })).toEqual([]);
    expect((await catalog.jobs.list({ run, project: other })).items).toEqual([]);
    expect(await catalog.jobs.get({ job, project: other })).toBeNull();
    expect(await catalog.jobs.retry({ job, project: other })).toEqual({ kind: "unknown" });
    expect(await catalog.runs.get({ run, project })).not.toBeNull();
  });

  test("is listed newest first, page by page, by state and project", async () => {
    const project = await newProject("pages");
    const made: string[] = [];
    for (let count = 0; count < 7; count += 1) {
      made.unshift(await catalog.runs.create({ project, ...trialRun([{ name: "caption" }]) }));
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await catalog.runs.list({ project, limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(made);
    await catalog.dispatch.moveRun(made[0] as RunId, "start", null);
    expect((await catalog.runs.list({ project, state: "running" })).items.map(({ id }) => id)).toEqual([made[0]]);
  });

  test("that is cancelled says so at once; one that has ended cannot be", async () => {
    const run = await startedRun(catalog, 1);
    expect(await catalog.runs.requestCancel(run)).toBe("requested");
    expect(await catalog.runs.requestCancel(run)).toBe("requested");
    expect(await catalog.runs.get(run)).toMatchObject({ cancelRequested: true, state: "running" });
    const events = await catalog.events.list(run);
    expect(events.filter(({ type }) => type === "run.cancel-requested")).toHaveLength(1);
    await catalog.dispatch.moveRun(run.run, "cancel", failure);
    expect(await catalog.runs.requestCancel(run)).toBe("already-ended");
    expect(await catalog.runs.requestCancel({ run: `run_${"0".repeat(32)}` })).toBe("unknown");
  });
});

describe("resume", () => {
  test("keeps what succeeded and gives the rest fresh attempts", async () => {
    const run = await startedRun(catalog, 3, { budgetMicroUsd: 100 });
    const [a, b] = await Promise.all(run.jobs.slice(0, 2).map((delivery) => claimed(catalog, delivery)));
    if (!a || !b) throw new Error("no claims");
    await catalog.ledger.settle(settlementOf(a, undefined, { charges: [charge(40)] }));
    await catalog.ledger.settle(settlementOf(b, { kind: "quarantined", error: failure }));
    expect(await catalog.runs.resume(run)).toBe("not-resumable");
    await catalog.dispatch.cancelJobs({ step: run.step, graceMs: 0, error: failure });
    await failRun(run);
    expect(await catalog.runs.resume({ ...run, budgetMicroUsd: 500 })).toBe("resumed");
    const view = await catalog.runs.get(run);
    expect(view).toMatchObject({
      state: "running",
      error: null,
      endedAt: null,
      budgetMicroUsd: 500,
      spentMicroUsd: 40,
    });
    expect(view?.steps[0]).toMatchObject({
      state: "blocked",
      error: null,
      jobs: { total: 3, waiting: 2, open: 0, succeeded: 1, failed: 0, cancelled: 0 },
    });
    const { items } = await catalog.jobs.list({ run: run.run });
    expect(items.map(({ state, attemptsSpent }) => [state, attemptsSpent])).toEqual([
      ["succeeded", 0],
      ["waiting", 0],
      ["waiting", 0],
    ]);
    expect((await catalog.quarantine.list({ run: run.run })).items).toEqual([]);
  });

  test("keeps the jobs when the step starts again with the same key, and replaces them when its inputs changed", async () => {
    const run = await startedRun(catalog, 2);
    const key = (await catalog.runs.get(run))?.steps[0]?.key ?? "";
    await catalog.ledger.settle(settlementOf(await claimed(catalog, run.jobs[0] as (typeof run.jobs)[number])));
    await catalog.dispatch.cancelJobs({ step: run.step, graceMs: 0, error: failure });
    await failRun(run);
    await catalog.runs.resume(run);
    await catalog.dispatch.unblockStep(run);
    const start = { inputs: {}, reason: "again", jobs: [] };
    expect(await catalog.dispatch.startStep(run, { ...start, key })).toBe("started");
    expect((await catalog.jobs.list({ run: run.run })).items.map(({ id, state }) => [id, state])).toEqual([
      [run.jobs[0]?.job, "succeeded"],
      [run.jobs[1]?.job, "waiting"],
    ]);
    await catalog.dispatch.cancelJobs({ step: run.step, graceMs: 0, error: failure });
    await failRun(run);
    await catalog.runs.resume(run);
    await catalog.dispatch.unblockStep(run);
    expect(await catalog.dispatch.startStep(run, { ...start, key: "f".repeat(64) })).toBe("started");
    expect((await catalog.jobs.list({ run: run.run })).items).toEqual([]);
  });

  test("lets a job be claimed again, under a new release and a higher epoch", async () => {
    const run = await startedRun(catalog, 1);
    const delivery = run.jobs[0] as (typeof run.jobs)[number];
    await catalog.ledger.settle(settlementOf(await claimed(catalog, delivery), { kind: "failed", error: failure }));
    await failRun(run);
    await catalog.runs.resume(run);
    await catalog.dispatch.unblockStep(run);
    const key = (await catalog.runs.get(run))?.steps[0]?.key ?? "";
    await catalog.dispatch.startStep(run, { key, inputs: {}, reason: "again", jobs: [] });
    await releaseAll(catalog);
    const [again] = await deliveriesOf(catalog, run.run);
    expect(again?.release).toBe(2);
    expect(await claimed(catalog, again ?? delivery)).toMatchObject({ epoch: 2, attemptsSpent: 0, workersLost: 0 });
    await expect(claimed(catalog, delivery)).rejects.toThrow("old-release");
  });
});

describe("retry of one job", () => {
  test("while its step runs lets it wait again", async () => {
    const run = await startedRun(catalog, 2);
    const claim = await claimed(catalog, run.jobs[0] as (typeof run.jobs)[number]);
    expect(await catalog.jobs.retry({ job: claim.job })).toMatchObject({ kind: "not-retryable", job: "active" });
    await catalog.ledger.settle(settlementOf(claim, { kind: "quarantined", error: failure }));
    expect(await catalog.jobs.retry({ job: claim.job })).toEqual({ kind: "retried", run: run.run });
    expect((await catalog.runs.get(run))?.steps[0]?.jobs).toMatchObject({ waiting: 1, open: 1, failed: 0 });
    expect((await catalog.quarantine.list({ run: run.run })).items).toEqual([]);
  });

  test("after its run failed goes on with the run, and leaves other failures as they are", async () => {
    const run = await startedRun(catalog, 3);
    const claims = await Promise.all(run.jobs.map((delivery) => claimed(catalog, delivery)));
    const [a, b, c] = claims as [(typeof claims)[0], (typeof claims)[0], (typeof claims)[0]];
    for (const claim of [a, b]) await catalog.ledger.settle(settlementOf(claim, { kind: "failed", error: failure }));
    await catalog.ledger.settle(settlementOf(c, { kind: "cancelled" }));
    await failRun(run);
    expect(await catalog.jobs.retry({ job: a.job })).toEqual({ kind: "retried", run: run.run });
    expect(await catalog.runs.get(run)).toMatchObject({
      state: "running",
      error: null,
      steps: [{ state: "blocked", jobs: { total: 3, waiting: 2, failed: 1, cancelled: 0 } }],
    });
  });

  test("is refused when its step succeeded without it", async () => {
    const run = await startedRun(catalog, 1);
    const claim = await claimed(catalog, run.jobs[0] as (typeof run.jobs)[number]);
    await catalog.ledger.settle(settlementOf(claim, { kind: "quarantined", error: failure }));
    await catalog.dispatch.succeedStep(run, { output: "a".repeat(64), items: 0, summary: {}, keep: false });
    const step = { name: expect.any(String), state: "succeeded" };
    const answer = await catalog.jobs.retry({ job: claim.job });
    expect(answer).toEqual({ kind: "not-retryable", run: run.run, job: "quarantined", step });
  });
});

describe("lists", () => {
  test("of jobs come in the order of the plan, page by page, with the reason why they wait", async () => {
    const run = await startedRun(catalog, 25, { release: false });
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await catalog.jobs.list({ run: run.run, limit: 10, cursor });
      seen.push(...page.items.map(({ ordinal }) => ordinal));
      expect(page.items.every(({ waitReason }) => waitReason !== null)).toBe(true);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, ordinal) => ordinal));
    expect((await catalog.jobs.list({ run: run.run, step: "train" })).items).toEqual([]);
    expect((await catalog.jobs.list({ run: run.run, state: "waiting", limit: 200 })).items).toHaveLength(25);
    await expect(catalog.jobs.list({ run: run.run, cursor: "x'; drop" })).rejects.toThrow("cursor");
  });

  test("of ledger entries are paged and add up to the total", async () => {
    const run = await startedRun(catalog, 7);
    for (const delivery of run.jobs) {
      const charges = [charge(1), charge(10)];
      await catalog.ledger.settle(settlementOf(await claimed(catalog, delivery), undefined, { charges }));
    }
    let [sum, cursor, pages] = [0, undefined as string | undefined, 0];
    do {
      const page = await catalog.costs.entries({ run: run.run, limit: 4, cursor });
      sum += page.items.reduce((total, { amountMicroUsd }) => total + amountMicroUsd, 0);
      cursor = page.next ?? undefined;
      pages += 1;
    } while (cursor !== undefined);
    expect([sum, pages]).toEqual([77, 4]);
    expect((await catalog.costs.get(run))?.totalMicroUsd).toBe(77);
  });
});

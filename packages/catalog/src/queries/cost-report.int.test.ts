import {
  type CostGrouping,
  type CostReport,
  FLEET_PROJECT,
  type JobId,
  type RunId,
  type StepId,
} from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";
import { billOfRun } from "./bill-of-run.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());
beforeEach(() =>
  catalog.pool.query(
    "truncate loramill.ledger, loramill.pods, loramill.runs, loramill.projects, loramill.book_entries, loramill.spending cascade",
  ),
);

interface Work {
  readonly run: RunId;
  readonly step: StepId;
  readonly job: JobId;
}

let count = 0;
async function work(project: string, name = project): Promise<Work> {
  const { id } = await catalog.projects.ensure(project);
  const run = await catalog.runs.create({ project: id, ...trialRun([{ name: "train" }], { name }) });
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id as StepId;
  count += 1;
  const job = `job_${String(count).padStart(32, "0")}` as JobId;
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
     values ($1, $2, $3, $4, 'train-lora', 'train', 0, '{}', 'active')`,
    [job, run, step, id],
  );
  return { run, step, job };
}

async function charge(
  { run, step, job }: Work,
  amountMicroUsd: number,
  more: { seconds?: number; pod?: string; at?: string; supplier?: string } = {},
): Promise<void> {
  count += 1;
  await catalog.pool.query(
    `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note,
       pod, at)
     values ($1, $2, $3, $4, 1, $5, 'compute', $6, $7, 'gpu-second', $8, '', $9, $10)`,
    [
      ...[`led_${count}`, run, step, job, count, more.supplier ?? "runpod", more.seconds ?? 0, amountMicroUsd],
      ...[more.pod ?? null, more.at ?? "2026-11-20T12:00:00Z"],
    ],
  );
}

async function pod(name: string, wantedFor: readonly JobId[] = []): Promise<Work> {
  const tending = await work(FLEET_PROJECT, name);
  await catalog.pool.query(
    `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill)
     values ($1, 'runpod', 'ended', $2, $3, '[]', '{}')`,
    [name, tending.run, wantedFor],
  );
  return tending;
}

/** Books of the tests are complete by then. */
const LATER = new Date("2100-01-01T00:00:00Z");

const report = (by: CostGrouping, more: object = {}): Promise<CostReport> =>
  catalog.costs.report({ by, limit: 100, ...more });
const amounts = ({ rows }: CostReport) =>
  Object.fromEntries(rows.map(({ label, amountMicroUsd }) => [label, amountMicroUsd]));

test("nothing cost nothing", async () => {
  expect(await report("run")).toMatchObject({ totalMicroUsd: 0, rows: [], rest: { rows: 0, amountMicroUsd: 0 } });
});

test("boot and idle time of a machine are paid by those that used it, by their seconds, and the sum stays exact", async () => {
  const [cats, dogs] = [await work("cats"), await work("dogs")];
  const machine = await pod("lm-1");
  await charge(cats, 1_000, { pod: "lm-1", seconds: 100 });
  await charge(dogs, 2_000, { pod: "lm-1", seconds: 200 });
  await charge(machine, 100, { pod: "lm-1", seconds: 10 });
  const byProject = await report("project");
  expect(byProject.totalMicroUsd).toBe(3_100);
  expect(byProject.rows).toMatchObject([
    { key: "dogs", amountMicroUsd: 2_067, overheadMicroUsd: 67, computeSeconds: 200 },
    { key: "cats", amountMicroUsd: 1_033, overheadMicroUsd: 33, computeSeconds: 100 },
  ]);
  expect(amounts(await report("run"))).toEqual({ cats: 1_033, dogs: 2_067 });
  // A run's own costs say both: what it was charged, and its share of the machine.
  expect(await catalog.costs.get({ run: cats.run })).toMatchObject({
    ...{ totalMicroUsd: 1_000, machineShareMicroUsd: 33, entryCount: 1 },
  });
  expect(amounts(await report("pod"))).toEqual({ "lm-1": 3_100 });
  const { id } = await catalog.projects.ensure("cats");
  expect(await report("run", { project: id })).toMatchObject({ totalMicroUsd: 1_033 });
});

test("a machine that nobody came to use is paid by those that it was wanted for, else by the fleet", async () => {
  const [cats, dogs] = [await work("cats"), await work("dogs")];
  await charge(await pod("lm-1", [cats.job, dogs.job]), 101, { pod: "lm-1" });
  await charge(await pod("lm-2"), 7, { pod: "lm-2" });
  expect(amounts(await report("project"))).toEqual({ cats: 50, dogs: 51, fleet: 7 });
});

test("the rent of volumes is paid by those that had machines on that day, else by the fleet, and is charged once", async () => {
  const volume = { provider: "runpod", kind: "volume", remoteId: "vol1" } as const;
  const hour = (n: number, amountMicroUsd: number) => ({
    ...({ kind: "volume", remoteId: "vol1", amountMicroUsd } as const),
    ...{ from: new Date(Date.UTC(2026, 10, 20, n)), to: new Date(Date.UTC(2026, 10, 20, n + 1)) },
  });
  expect(await catalog.fleet.chargeStanding(volume, LATER)).toBe(0);
  await catalog.fleet.books.put("runpod", [hour(1, 97), hour(2, 97), { ...hour(1, 5_000), remoteId: "theirs" }]);
  expect(await catalog.fleet.chargeStanding(volume, LATER)).toBe(194);
  expect(amounts(await report("project"))).toEqual({ fleet: 194 });

  const [cats, dogs] = [await work("cats"), await work("dogs")];
  const today = new Date().toISOString();
  await charge(cats, 1_000, { pod: "lm-1", seconds: 100, at: today });
  await charge(dogs, 2_000, { pod: "lm-2", seconds: 200, at: today });
  await charge(dogs, 500, { seconds: 900, at: today });
  await charge(cats, 4_000, { pod: "lm-1", seconds: 900 });
  // An hour grew, and one came after it; two at once take turns.
  await catalog.fleet.books.put("runpod", [hour(2, 100), hour(3, 103)]);
  const charged = await Promise.all([1, 2, 3].map(() => catalog.fleet.chargeStanding(volume, LATER)));
  expect(charged.sort()).toEqual([0, 0, 106]);
  // Both entries are of today, when they were read; each is shared out by itself, a third and two thirds.
  expect(amounts(await report("project"))).toEqual({ cats: 5_099, dogs: 2_701 });
  expect((await report("supplier")).totalMicroUsd).toBe(7_800);
  const { rows } = await catalog.pool.query("select quantity, unit, kind from loramill.ledger where kind = 'storage'");
  expect(rows).toEqual([
    { quantity: 2, unit: "hour", kind: "storage" },
    { quantity: 1, unit: "hour", kind: "storage" },
  ]);
  // What a volume cost counts against ceilings.
  const spent = await catalog.pool.query(
    "select amount_micro_usd::int as amount from loramill.spending where period = 'total'",
  );
  expect(spent.rows).toContainEqual({ amount: 300 });
  // Books that take something back take nothing out of the ledger.
  await catalog.fleet.books.put("runpod", [hour(3, 1)]);
  expect(await catalog.fleet.chargeStanding(volume, LATER)).toBe(0);
});

test("what a serverless endpoint bills beyond its jobs' work is paid by those that it drew for", async () => {
  const endpoint = { provider: "runpod", kind: "endpoint", remoteId: "ep1" } as const;
  const from = new Date(Date.now() - 7_200_000);
  const to = new Date(from.getTime() + 3_600_000);
  const book = (amountMicroUsd: number) =>
    catalog.fleet.books.put("runpod", [{ kind: "endpoint", remoteId: "ep1", from, to, amountMicroUsd }]);
  const [cats, dogs] = [await work("cats"), await work("dogs")];
  const today = new Date().toISOString();
  await charge(cats, 600, { supplier: "runpod-serverless", seconds: 60, at: today });
  await charge(dogs, 300, { supplier: "runpod-serverless", seconds: 30, at: today });
  await charge(dogs, 777, { supplier: "replicate", seconds: 900, at: today });
  await book(1_000);
  expect(await catalog.fleet.chargeStanding(endpoint, new Date(to.getTime() - 1))).toBe(0);
  expect(await catalog.fleet.chargeStanding(endpoint, to)).toBe(100);
  expect(await catalog.fleet.chargeStanding(endpoint, to)).toBe(0);
  expect(amounts(await report("project"))).toEqual({ cats: 666, dogs: 1_111 });
  expect(amounts(await report("supplier"))).toEqual({ "runpod-serverless": 1_000, replicate: 777 });
  // Work that was charged late leaves less to be shared.
  await charge(cats, 50, { supplier: "runpod-serverless", seconds: 5, at: today });
  await book(1_030);
  expect(await catalog.fleet.chargeStanding(endpoint, to)).toBe(0);
});

test("a machine that another project took from the one that it was rented for costs who had it, and nobody else", async () => {
  const [cats, dogs] = [await work("cats"), await work("dogs")];
  const machine = await pod("lm-1", [cats.job]);
  await charge(dogs, 2_000, { pod: "lm-1", seconds: 200 });
  await charge(machine, 500, { pod: "lm-1", seconds: 50 });
  expect(amounts(await report("project"))).toEqual({ dogs: 2_500 });
});

test("costs are told by result, with all attempts of its step, and what came to nothing", async () => {
  const [made, failed] = [await work("cats", "made"), await work("cats", "failed")];
  await charge(made, 30);
  await charge(made, 12);
  await charge(failed, 5);
  await catalog.pool.query(
    `insert into loramill.artifacts (key, id, kind, output, items, summary, run, step, cost_micro_usd)
     values ('k', 'art_1', 'train', 'd', 1, '{}', $1, $2, 0)`,
    [made.run, made.step],
  );
  const { rows } = await report("artifact");
  expect(rows).toMatchObject([
    { key: "art_1", label: "made / train", amountMicroUsd: 42, entries: 2 },
    { key: "", label: "no result", amountMicroUsd: 5 },
  ]);
});

test("results that nobody else takes are results too: a LoRA of a budget's end, items of which one failed", async () => {
  const [lora, items, none] = [await work("cats", "lora"), await work("cats", "items"), await work("cats", "none")];
  await charge(lora, 30);
  await charge(items, 20);
  await charge(none, 10);
  await catalog.pool.query(
    `insert into loramill.loras (id, project, name, version, document, family, base_model, weights_sha256, tensors_sha256, bytes, run, step)
     select 'lora_1', project, 'cat', 2, 'd', 'sdxl', 'sdxl', 'w', 't', 1, run, step from loramill.jobs where step = $1`,
    [lora.step],
  );
  await catalog.pool.query("update loramill.steps set output = 'd', items = 3 where id = $1", [items.step]);
  expect((await report("artifact")).rows.map(({ key, label }) => [key, label])).toEqual([
    [lora.step, "cat v2"],
    [items.step, "items / train"],
    ["", "no result"],
  ]);
});

test("days are calendar days in UTC, latest first, and a time is a half-open interval", async () => {
  const cats = await work("cats");
  await charge(cats, 1, { at: "2026-11-19T23:59:59.999Z" });
  await charge(cats, 2, { at: "2026-11-20T00:00:00Z" });
  await charge(cats, 4, { at: "2026-11-21T00:30:00+02:00" });
  expect((await report("day")).rows.map(({ key, amountMicroUsd }) => [key, amountMicroUsd])).toEqual([
    ["2026-11-20", 6],
    ["2026-11-19", 1],
  ]);
  const from = new Date("2026-11-20T00:00:00Z");
  expect((await report("day", { from })).totalMicroUsd).toBe(6);
  expect((await report("day", { to: from })).totalMicroUsd).toBe(1);
});

test("what a limit leaves out is added up", async () => {
  for (const [supplier, amount] of [
    ["a", 1],
    ["b", 5],
    ["c", 3],
  ] as const)
    await charge(await work("cats"), amount, { supplier });
  expect(await report("supplier", { limit: 1 })).toMatchObject({
    totalMicroUsd: 9,
    rows: [{ key: "b", amountMicroUsd: 5 }],
    rest: { rows: 2, amountMicroUsd: 4 },
  });
});

test("whatever is charged for machines, every way of adding it up comes to the same", async () => {
  const use = fc.record({
    job: fc.nat(3),
    pod: fc.nat(2),
    seconds: fc.double({ min: 0.001, max: 1e6, noNaN: true }),
    amount: fc.nat(1e9),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(use, { maxLength: 8 }),
      fc.array(fc.nat(1e9), { minLength: 3, maxLength: 3 }),
      async (uses, overheads) => {
        await catalog.pool.query("truncate loramill.ledger, loramill.pods, loramill.runs, loramill.projects cascade");
        const works = [await work("a"), await work("b"), await work("c"), await work("c")];
        for (const { job, pod, seconds, amount } of uses)
          await charge(works[job] as Work, amount, { pod: `lm-${pod}`, seconds });
        for (const [i, amount] of overheads.entries())
          await charge(await pod(`lm-${i}`, [works[0]?.job as JobId]), amount, { pod: `lm-${i}` });
        const total = [...uses.map(({ amount }) => amount), ...overheads].reduce((sum, one) => sum + one, 0);
        for (const by of ["run", "artifact", "step", "project", "day", "supplier", "pod"] as const) {
          const { rows, totalMicroUsd } = await report(by);
          expect(totalMicroUsd).toBe(total);
          expect(rows.reduce((sum, { amountMicroUsd }) => sum + amountMicroUsd, 0)).toBe(total);
          // What a run is told that it came to is its row of the report.
          for (const { key, amountMicroUsd } of by === "run" ? rows : [])
            expect(await billOfRun(catalog.pool, key as RunId)).toBe(amountMicroUsd);
        }
      },
    ),
    { numRuns: 12 },
  );
});

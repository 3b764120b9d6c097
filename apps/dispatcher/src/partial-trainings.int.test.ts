import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import type { Claim, RunId, SpendingLimit } from "@loramill/contracts";
import { waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, doneWith, openBench } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** What a training asks for at each look, and spends from one to the next. */
const NEED = 300;
const INTERVAL = 250;
const LOOKS = 8;

/** Its whole cost is never below what any limit here allows; it needs an eighth of that to come to a checkpoint. */
const training = {
  ...{ name: "train", kind: "train" as const, job: "train-lora" },
  estimate: { items: 1, seconds: 1, microUsd: 2_400, leastMicroUsd: NEED },
};

/** Takes the turns of trainings as the trainer does: asks, goes on to the next checkpoint, or stops at this one. */
function workOnTrainings(bench: Bench, onStop?: (by: SpendingLimit) => void): void {
  const charge = { kind: "training", supplier: "agent", quantity: 1, unit: "gpu-second", note: "" } as const;
  bench.work(async ({ job, epoch, turn }: Claim) => {
    const look = Number(turn?.look ?? 0);
    if (look === LOOKS) return doneWith(job);
    const { refusedBy, onBudget } = await bench.catalog.ledger.hold({ job, epoch, microUsd: NEED, charges: [] });
    if (refusedBy === null) {
      const charges = [{ ...charge, amountMicroUsd: INTERVAL, mark: `${look}` }];
      return { kind: "parked", until: new Date(), turn: { look: look + 1 }, charges };
    }
    onStop?.(refusedBy);
    if (onBudget === "finish" && refusedBy.reopensAt === null) return { ...doneWith(job), complete: false };
    return { kind: "recalled", turn: { look, neededMicroUsd: NEED } };
  });
}

async function spentOf(bench: Bench, run: RunId): Promise<number> {
  return (await bench.view(run)).spentMicroUsd;
}

test("a training that its budget has no whole room for goes as far as that reaches, and finishes there where it is to", async () => {
  await using bench = await openBench(server);
  workOnTrainings(bench);
  const finishes = await bench.submit([training], { budgetMicroUsd: 1_100, policy: { onBudget: "finish" } });
  const stops = await bench.submit([{ ...training, params: { other: true } }], { budgetMicroUsd: 1_100 });
  expect(await bench.ended(finishes)).toMatchObject({ state: "succeeded", spentMicroUsd: 4 * INTERVAL });
  expect(await bench.ended(stops)).toMatchObject({
    ...{ state: "exhausted", spentMicroUsd: 4 * INTERVAL, error: { code: "budget-exhausted" } },
  });
  await bench.catalog.runs.resume({ run: stops, budgetMicroUsd: 5_000 });
  const whole = await waitUntil("the run to succeed", async () => {
    const seen = await bench.view(stops);
    return seen.state === "succeeded" ? seen : undefined;
  });
  expect(whole.spentMicroUsd).toBe(LOOKS * INTERVAL);
});

test("a budget without room for one checkpoint ends a run before anything is paid", async () => {
  await using bench = await openBench(server);
  workOnTrainings(bench, () => expect.fail("it was released"));
  const run = await bench.submit([training], { budgetMicroUsd: NEED - 1 });
  expect(await bench.ended(run)).toMatchObject({ state: "exhausted", spentMicroUsd: 0 });
});

test("trainings that no ceiling in all has whole room for share it, and never exceed it together", async () => {
  await using bench = await openBench(server);
  const project = (await bench.catalog.projects.ensure("default")).id;
  const limit = 3_100;
  await bench.catalog.ceilings.set({ project, period: "total" }, limit);
  const runs = await Promise.all(
    [1, 2, 3].map((n) => bench.submit([{ ...training, params: { n } }], { name: `run ${n}` })),
  );
  workOnTrainings(bench);
  const views = await Promise.all(runs.map((run) => bench.ended(run)));
  const spent = views.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0);
  expect(spent).toBeLessThanOrEqual(limit);
  // What is left would take nobody to another checkpoint.
  expect(limit - spent).toBeLessThan(NEED);
  for (const { state, error } of views) {
    if (state !== "succeeded") expect({ state, error }).toMatchObject({ error: { code: "ceiling-reached" } });
  }
});

test("a training that no day has whole room for gets on from day to day, and says what it waits for", async () => {
  await using bench = await openBench(server);
  const { ceilings, jobs, pool, projects } = bench.catalog;
  const project = (await projects.ensure("default")).id;
  await ceilings.set({ project, period: "day" }, 1_000);
  let stops = 0;
  workOnTrainings(bench, () => {
    stops += 1;
  });
  const run = await bench.submit([training]);
  const spent = (microUsd: number) =>
    waitUntil(`${microUsd} to be spent`, async () =>
      (await spentOf(bench, run)) === microUsd && (await jobs.list({ run, state: "waiting" })).items.length === 1
        ? true
        : undefined,
    );
  await spent(3 * INTERVAL);
  await waitUntil("the reason to be told", async () =>
    (await jobs.list({ run, state: "waiting" })).items[0]?.waitReason?.includes(
      "needs $0.0003 to come to a checkpoint, for which the ceiling of $0.001 a day of project default has no room",
    ) === true
      ? true
      : undefined,
  );
  expect((await bench.view(run)).state).toBe("running");
  for (const day of [1, 2]) {
    await pool.query("update loramill.spending set period = $1 where period not in ('total', '2001-01-01')", [
      `2001-01-0${day}`,
    ]);
    if (day === 1) await spent(6 * INTERVAL);
  }
  expect(await bench.ended(run)).toMatchObject({ state: "succeeded", spentMicroUsd: LOOKS * INTERVAL });
  expect(stops).toBe(2);
});

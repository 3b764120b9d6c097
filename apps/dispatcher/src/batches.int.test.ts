import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import { type BatchId, digestOf, PermanentError, type RunId, toErrorRecord } from "@loramill/contracts";
import { trialRun, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, doneWith, openBench } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const quote = { seconds: { p50: 1, p90: 1 }, costMicroUsd: { p50: 0, p90: 0 }, expectedMicroUsd: 0, steps: [] };
const spent = (amountMicroUsd: number) =>
  ({ kind: "generation", supplier: "test", quantity: 1, unit: "image", amountMicroUsd, note: "" }) as const;

/** Runs of two jobs each, all of them planned; each job is expected to cost this much. Micro-dollars. */
async function submit(
  { catalog }: Bench,
  runs: number,
  { microUsd = 0, ...limits }: { microUsd?: number; budgetMicroUsd?: number; maxFailures?: number },
): Promise<BatchId> {
  const { id: project } = await catalog.projects.ensure("default");
  const planOf = (number: number) =>
    trialRun(
      [
        {
          name: "generate",
          kind: "generate",
          job: "generate-images",
          params: { number },
          fanOut: { type: "range", items: 2, perJob: 1 },
          estimate: { items: 2, seconds: 1, microUsd: 2 * microUsd },
        },
      ],
      { name: `run ${number}` },
    );
  const members = Array.from({ length: runs }, (_, index) => {
    const { spec } = planOf(index + 1);
    return { number: index + 1, name: spec.name, values: {}, spec };
  });
  const terms = {
    budgetMicroUsd: null,
    deadline: null,
    maxFailures: null,
    requestDigest: digestOf(runs),
    by: "operator",
    ...limits,
  };
  const batch = await catalog.batches.create({ project, name: "subjects", members, ...terms });
  for (const member of await catalog.batches.waitingMembers(1_000)) {
    await catalog.batches.startMember(member, { ...planOf(member.number), charges: [], quote });
  }
  return batch;
}

const over = ({ catalog }: Bench, batch: BatchId) =>
  waitUntil(
    "the batch to end",
    async () => {
      const view = await catalog.batches.get({ batch });
      return view?.state === "running" || view === null ? undefined : view;
    },
    { timeoutMs: 60_000 },
  );

test("the budget of a batch binds its runs together and is never exceeded; more of it takes up what ran out", async () => {
  await using bench = await openBench(server);
  const batch = await submit(bench, 6, { microUsd: 100, budgetMicroUsd: 730 });
  const taken: number[] = [];
  bench.work(async ({ input }) => {
    const now = await bench.catalog.batches.get({ batch });
    taken.push((now?.spentMicroUsd ?? 0) + (now?.reservedMicroUsd ?? 0));
    return { kind: "succeeded", output: doneWith(JSON.stringify(input)), charges: [spent(100)] } as const;
  });
  const view = await over(bench, batch);
  expect(view).toMatchObject({ state: "failed", spentMicroUsd: 700, reservedMicroUsd: 0 });
  expect(Math.max(...taken), "spent and set aside, at any time").toBeLessThanOrEqual(730);
  expect(view.counts.exhausted).toBeGreaterThan(0);
  expect(view.failures).toMatchObject([{ code: "budget-exhausted", count: view.counts.exhausted }]);
  expect(view.failures[0]?.message).toContain("the budget of $0.00073 of batch subjects, of which $0.0007 is spent");
  const answer = await bench.catalog.batches.resume({ batch }, { budgetMicroUsd: 1_200 }, "operator");
  expect(answer).toEqual({ resumed: view.counts.exhausted, replanned: 0 });
  expect(await over(bench, batch)).toMatchObject({ state: "succeeded", spentMicroUsd: 1_200 });
});

test("jobs that wait for money of their batch say so", async () => {
  await using bench = await openBench(server);
  const batch = await submit(bench, 2, { microUsd: 100, budgetMicroUsd: 250 });
  const reasons = await waitUntil("two jobs to be held back", async () => {
    const { items } = await bench.catalog.batches.members(batch, {});
    const runs = items.flatMap(({ run }): RunId[] => (run === null ? [] : [run.id]));
    const pages = await Promise.all(runs.map((run) => bench.catalog.jobs.list({ run, state: "waiting" })));
    const held = pages.flatMap((page) => page.items).filter(({ waitReason }) => waitReason?.includes("has no room"));
    return held.length === 2 ? held.map(({ waitReason }) => waitReason) : undefined;
  });
  expect(reasons[0]).toContain("the budget of $0.00025 of batch subjects has no room");
});

test("a batch with as many failures as it may have is stopped, and what was open of it ends", async () => {
  await using bench = await openBench(server);
  const broken = toErrorRecord(new PermanentError("it broke", { code: "broken" }));
  bench.work(async ({ input, run }) => {
    const { name } = await bench.view(run);
    if (name === "run 1" || name === "run 2") return { kind: "failed", error: broken } as const;
    return (input as { from: number }).from === 0
      ? doneWith(name)
      : { kind: "parked", until: new Date(Date.now() + 100), turn: {} };
  });
  const batch = await submit(bench, 5, { maxFailures: 2 });
  const view = await over(bench, batch);
  expect(view).toMatchObject({ state: "failed", stopped: { code: "too-many-failures" } });
  expect(view.counts).toMatchObject({ failed: 2, cancelled: 3 });
  await waitUntil("its end to be noted", async () => (await bench.catalog.batches.open()).open === 0, {
    timeoutMs: 60_000,
  });
});

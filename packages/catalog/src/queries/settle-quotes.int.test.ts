import {
  FLEET_PROJECT,
  type JobId,
  newWebhookSecret,
  type RunId,
  type RunQuote,
  type StepId,
} from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());
beforeEach(() =>
  catalog.pool.query("truncate loramill.ledger, loramill.pods, loramill.runs, loramill.run_events cascade"),
);

const quoteOf = (expectedMicroUsd: number, p90 = expectedMicroUsd * 1.2): RunQuote => {
  const amounts = { expectedMicroUsd, costMicroUsd: { p50: expectedMicroUsd, p90 } };
  return { seconds: { p50: 60, p90: 90 }, ...amounts, steps: [{ name: "train", parts: [], ...amounts }] };
};

interface Work {
  readonly run: RunId;
  readonly step: StepId;
  readonly job: JobId;
}

let count = 0;
async function started(project: string, quote?: RunQuote): Promise<Work> {
  const { id } = await catalog.projects.ensure(project);
  const planned = trialRun([{ name: "train" }], { name: project });
  const run = await catalog.runs.create({ project: id, ...planned, ...(quote === undefined ? {} : { quote }) });
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id as StepId;
  count += 1;
  const job = `job_${String(count).padStart(32, "0")}` as JobId;
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
     values ($1, $2, $3, $4, 'train-lora', 'train', 0, '{}', 'active')`,
    [job, run, step, id],
  );
  await catalog.dispatch.moveRun(run, "start", null);
  return { run, step, job };
}

async function charge({ run, step, job }: Work, amountMicroUsd: number, pod: string | null = null, epoch = 1) {
  count += 1;
  await catalog.pool.query(
    `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note, pod)
     values ($1, $2, $3, $4, $7, $5, 'compute', 'runpod', 100, 'gpu-second', $6, '', $8)`,
    [`led_${count}`, run, step, job, count, amountMicroUsd, epoch, pod],
  );
}

const settle = () => catalog.dispatch.settleQuotes(100, { gapShare: 0.05 });
const eventsOf = async (run: RunId) => (await catalog.events.list({ run })).filter(({ type }) => /^cost\./.test(type));

test("a run that has ended is held against what it was quoted, once", async () => {
  const [kept, off, free] = [
    await started("cats", quoteOf(1_000)),
    await started("dogs", quoteOf(1_000)),
    await started("toys", quoteOf(0)),
  ];
  await charge(kept, 1_040);
  await charge(off, 1_500);
  expect(await settle(), "they are not done").toEqual([]);
  for (const { run } of [kept, off, free]) await catalog.dispatch.moveRun(run, "succeed", null);
  expect((await settle()).map(({ run, verdict, gapShare }) => [run, verdict, gapShare])).toEqual([
    [kept.run, "as-quoted", expect.closeTo(0.04)],
    [off.run, "beyond-p90", expect.closeTo(0.5)],
  ]);
  expect(await settle()).toEqual([]);
  expect(await eventsOf(kept.run)).toMatchObject([{ type: "cost.as-quoted", data: { billedMicroUsd: 1_040 } }]);
  expect(await eventsOf(off.run)).toMatchObject([
    { type: "cost.off-quote", data: { verdict: "beyond-p90", expectedMicroUsd: 1_000, p90MicroUsd: 1_200 } },
  ]);
  expect(await eventsOf(free.run)).toEqual([]);
  const cost = await catalog.costs.get({ run: off.run });
  expect(cost?.quote).toEqual(quoteOf(1_000));
  expect(cost?.outcome).toMatchObject({ verdict: "beyond-p90", billedMicroUsd: 1_500 });
});

test("webhooks that hear of it are told a bill that lies off its quote, and not one that lies on it", async () => {
  const project = (await catalog.projects.ensure("told")).id;
  const hook = { project, url: "https://example.com/", description: "", secret: newWebhookSecret() };
  const { id: webhook } = await catalog.webhooks.create({ ...hook, events: ["cost.off-quote"] });
  const [kept, off] = [await started("told", quoteOf(1_000)), await started("told", quoteOf(1_000))];
  await charge(kept, 1_000);
  await charge(off, 1_500);
  for (const { run } of [kept, off]) await catalog.dispatch.moveRun(run, "succeed", null);
  await settle();
  const { items } = await catalog.webhooks.deliveries({ webhook });
  expect(items).toMatchObject([{ event: "cost.off-quote", subject: off.run }]);
  const message = items[0]?.message ?? "msg_";
  expect((await catalog.webhooks.delivery({ webhook, message }))?.body.data).toEqual({
    run: { id: off.run, name: "told", state: "succeeded" },
    verdict: "beyond-p90",
    expectedMicroUsd: 1_000,
    p90MicroUsd: 1_200,
    billedMicroUsd: 1_500,
    links: { run: `/v1/runs/${off.run}`, costs: `/v1/runs/${off.run}/costs` },
  });
});

test("a run that nobody quoted, and one that was stopped early, are not held against anything", async () => {
  const [unquoted, stopped] = [await started("cats"), await started("dogs", quoteOf(1_000))];
  await charge(unquoted, 500);
  await charge(stopped, 500);
  await catalog.dispatch.moveRun(unquoted.run, "succeed", null);
  await catalog.dispatch.moveRun(stopped.run, "cancel", null);
  expect(await settle()).toEqual([]);
  expect(await catalog.costs.get({ run: unquoted.run })).toMatchObject({ quote: null, outcome: null });
});

test("the last bill of its machine is waited for, and its share of boot and idle time counts", async () => {
  const cats = await started("cats", quoteOf(1_200));
  const dogs = await started("dogs", quoteOf(1_200));
  const tending = await started(FLEET_PROJECT);
  await catalog.pool.query(
    `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill)
     values ('lm-1', 'runpod', 'ending', $1, $2, '[]', '{}')`,
    [tending.run, [cats.job]],
  );
  await charge(cats, 1_000, "lm-1");
  await charge(dogs, 1_000, "lm-1");
  await charge(cats, 77, null, 0); // What planning it has cost was no part of the quote.
  for (const { run } of [cats, dogs]) await catalog.dispatch.moveRun(run, "succeed", null);
  expect(await settle(), "the machine has not ended").toEqual([]);
  await catalog.pool.query("update loramill.pods set state = 'ended'");
  expect(await settle(), "its account is not closed").toEqual([]);
  await charge(tending, 400, "lm-1");
  await catalog.dispatch.moveRun(tending.run, "succeed", null);
  const outcomes = await settle();
  expect(outcomes.map(({ run, verdict, billedMicroUsd }) => [run, verdict, billedMicroUsd])).toEqual([
    [cats.run, "as-quoted", 1_200],
    [dogs.run, "as-quoted", 1_200],
  ]);
});

test("a machine that nobody came to use is billed to the runs that it was wanted for", async () => {
  const cats = await started("cats", quoteOf(100));
  const tending = await started(FLEET_PROJECT);
  await catalog.pool.query(
    `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill)
     values ('lm-2', 'runpod', 'ended', $1, $2, '[]', '{}')`,
    [tending.run, [cats.job]],
  );
  await charge(cats, 100);
  await charge(tending, 40, "lm-2");
  await catalog.dispatch.moveRun(cats.run, "succeed", null);
  await catalog.dispatch.moveRun(tending.run, "succeed", null);
  expect(await settle()).toMatchObject([{ run: cats.run, verdict: "beyond-p90", billedMicroUsd: 140 }]);
});

test("a run that is resumed and costs more is held against its quote again", async () => {
  const cats = await started("cats", quoteOf(1_000));
  await charge(cats, 1_300);
  await catalog.dispatch.moveRun(cats.run, "fail", null);
  expect(await settle()).toMatchObject([{ verdict: "beyond-p90", billedMicroUsd: 1_300 }]);
  await catalog.runs.resume({ run: cats.run });
  expect(await settle()).toEqual([]);
  await charge(cats, 100);
  await catalog.dispatch.moveRun(cats.run, "succeed", null);
  expect(await settle()).toMatchObject([{ verdict: "beyond-p90", billedMicroUsd: 1_400 }]);
  expect(await eventsOf(cats.run)).toHaveLength(2);
  expect((await catalog.costs.get({ run: cats.run }))?.outcome?.billedMicroUsd).toBe(1_400);
});

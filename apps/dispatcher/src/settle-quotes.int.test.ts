import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import type { Charge, QuoteOutcome, RunQuote } from "@loramill/contracts";
import { keepLog, MemoryProducer, trialRun, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doneWith, openBench } from "../test/bench.ts";
import { startDispatcher } from "./start-dispatcher.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const amounts = { expectedMicroUsd: 1_000, costMicroUsd: { p50: 1_000, p90: 1_200 } };
const quote: RunQuote = {
  ...{ seconds: { p50: 1, p90: 2 }, ...amounts },
  steps: [{ name: "caption", parts: [], ...amounts }],
};
const paid = (amountMicroUsd: number): Charge => ({
  ...{ kind: "captioning", supplier: "openai:model", quantity: 1, unit: "request", note: "" },
  amountMicroUsd,
});

test("a run that was done for more than it was quoted is told in its events, and one that was not too", async () => {
  await using bench = await openBench(server, { quotesMs: 50 });
  const { id: project } = await bench.catalog.projects.ensure("default");
  const start = (name: string) =>
    bench.catalog.runs.create({ project, quote, ...trialRun([{ name: "caption", params: { name } }], { name }) });
  const [dear, kept] = [await start("dear"), await start("kept")];
  bench.work(async ({ run }) => ({
    kind: "succeeded",
    output: doneWith(run),
    charges: [paid(run === dear ? 1_500 : 1_010)],
  }));
  await Promise.all([bench.ended(dear), bench.ended(kept)]);
  const told = async (run: typeof dear) =>
    waitUntil("its quote to be settled", async () =>
      (await bench.catalog.events.list({ run })).find(({ type }) => type.startsWith("cost.")),
    );
  expect(await told(dear)).toMatchObject({ type: "cost.off-quote", data: { verdict: "beyond-p90" } });
  expect(await told(kept)).toMatchObject({ type: "cost.as-quoted", data: { billedMicroUsd: 1_010 } });
});

test("whoever counts them is told each once", async () => {
  await using bench = await openBench(server, { dispatchers: 0 });
  const { id: project } = await bench.catalog.projects.ensure("default");
  const run = await bench.catalog.runs.create({ project, quote, ...trialRun([{ name: "caption" }]) });
  const outcomes: QuoteOutcome[] = [];
  const log = keepLog();
  const dispatcher = startDispatcher({
    ...{ catalog: bench.catalog, stores: { documents: bench.documents }, producer: new MemoryProducer(), log },
    ...{ clock: { now: () => new Date() }, random: Math.random, options: { quotesMs: 50 } },
    onQuoteOutcome: (outcome) => outcomes.push(outcome),
  });
  try {
    const step = (await bench.catalog.runs.get({ run }))?.steps[0]?.id;
    await bench.catalog.pool.query(
      `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note)
       values ('led_1', $1, $2, 'job_1', 1, 0, 'compute', 'someone', 1, 'request', 1300, '')`,
      [run, step],
    );
    await bench.catalog.dispatch.moveRun(run, "start", null);
    await bench.catalog.dispatch.moveRun(run, "fail", null);
    await waitUntil("the outcome", () => outcomes[0]);
    expect(outcomes).toMatchObject([{ verdict: "beyond-p90", billedMicroUsd: 1_300, p90MicroUsd: 1_200 }]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: "a run was billed more than it was quoted" }),
    );
  } finally {
    await dispatcher.stop();
  }
});

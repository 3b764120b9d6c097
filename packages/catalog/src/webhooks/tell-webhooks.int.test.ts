import type { JobId, RunId, WebhookEventType } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { claimed, settlementOf, someDigest, someOutput, startedRun } from "../../test/fixtures.ts";
import { listen as listenTo, told as toldTo } from "../../test/told.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const listen = (project: string, events?: WebhookEventType[]) => listenTo(catalog, project, events);
const told = (webhook: Parameters<typeof toldTo>[1]) => toldTo(catalog, webhook);
const typesOf = async (webhook: Parameters<typeof told>[0]) => (await told(webhook)).map(({ type }) => type);

test("a run is told from its start to its end, with its states and links, in the order of what happened", async () => {
  const { id } = await listen("story");
  const { run, step, jobs } = await startedRun(catalog, 1, { project: "story", name: "dog" });
  const [delivery] = jobs;
  if (delivery === undefined) throw new Error("no job");
  await catalog.ledger.settle(settlementOf(await claimed(catalog, delivery)));
  await catalog.dispatch.succeedStep({ run, step }, { output: someDigest(1), items: 3, summary: {}, keep: false });
  await catalog.dispatch.moveRun(run, "succeed", null);
  const messages = await told(id);
  const links = { run: `/v1/runs/${run}` };
  expect(messages.map(({ type, project, version, data }) => ({ type, project, version, data }))).toEqual([
    {
      type: "run.started",
      project: "story",
      version: 1,
      data: { run: { id: run, name: "dog", state: "running" }, error: null, links },
    },
    {
      type: "step.succeeded",
      project: "story",
      version: 1,
      data: {
        run: { id: run, name: "dog", state: "running" },
        step: { id: step, name: "caption", kind: "caption", state: "succeeded" },
        items: 3,
        error: null,
        links,
      },
    },
    {
      type: "run.succeeded",
      project: "story",
      version: 1,
      data: { run: { id: run, name: "dog", state: "succeeded" }, error: null, links },
    },
  ]);
});

test("a failure is told with what it was, and a change that came too late is not told", async () => {
  const { id } = await listen("failure");
  const { run, step } = await startedRun(catalog, 1, { project: "failure" });
  const error = { class: "user", code: "bad-image", message: "no picture", details: { path: "/home/me" } } as const;
  await catalog.dispatch.endStep({ run, step }, "fail", error);
  expect(await catalog.dispatch.moveRun(run, "fail", error)).toBe(true);
  expect(await catalog.dispatch.moveRun(run, "fail", error)).toBe(false);
  expect(await catalog.runs.resume({ run })).toBe("resumed");
  const messages = await told(id);
  expect(messages.map(({ type }) => type)).toEqual(["run.started", "step.failed", "run.failed", "run.resumed"]);
  expect(messages[2]?.data.error).toEqual({ class: "user", code: "bad-image", message: "no picture" });
});

test("each webhook hears the events that it chose, of its own project, and those of its choice alone", async () => {
  const all = await listen("choice");
  const some = await listen("choice", ["run.cancelled", "webhook.disabled"]);
  const elsewhere = await listen("elsewhere");
  const off = await listen("choice");
  await catalog.webhooks.change({ webhook: off.id }, { enabled: false });
  const { run } = await startedRun(catalog, 1, { project: "choice" });
  await catalog.dispatch.moveRun(run, "cancel", null);
  expect(await typesOf(all.id)).toEqual(["webhook.disabled", "run.started", "run.cancelled"]);
  expect(await typesOf(some.id)).toEqual(["webhook.disabled", "run.cancelled"]);
  expect(await typesOf(elsewhere.id)).toEqual([]);
  expect(await typesOf(off.id)).toEqual([]);
  const ids = await Promise.all(
    [all.id, some.id].map(
      async (webhook) => (await catalog.webhooks.deliveries({ webhook, limit: 1 })).items[0]?.message,
    ),
  );
  expect(ids[0], "one message for all that hear it").toBe(ids[1]);
  expect(ids[0]).toMatch(/^msg_[0-9a-f]{12}7[0-9a-f]{19}$/);
});

test("nothing is written where nobody listens", async () => {
  const count = async () => (await catalog.pool.query("select count(*)::int from loramill.webhook_messages")).rows[0];
  const before = await count();
  const { run } = await startedRun(catalog, 1, { project: "silence" });
  await catalog.dispatch.moveRun(run, "cancel", null);
  expect(await count()).toEqual(before);
});

test("what a transaction takes back is not told", async () => {
  const { id, project } = await listen("rollback");
  const { run } = await startedRun(catalog, 1, { project });
  await catalog.pool.query(
    "create function loramill.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$",
  );
  await catalog.pool.query(
    "create trigger refuse after insert on loramill.webhook_deliveries for each row execute function loramill.refuse()",
  );
  try {
    await expect(catalog.dispatch.moveRun(run, "cancel", null)).rejects.toThrow("no");
  } finally {
    await catalog.pool.query("drop function loramill.refuse cascade");
  }
  expect((await catalog.runs.get({ run }))?.state, "and the other way round").toBe("running");
  expect(await typesOf(id)).toEqual(["run.started"]);
});

test("LoRAs and datasets are told with their version when they are in the library, once", async () => {
  const { id, project } = await listen("makers", ["lora.released", "dataset.made"]);
  const { run, jobs } = await startedRun(catalog, 1, { project });
  const [delivery] = jobs;
  if (delivery === undefined) throw new Error("no job");
  const claim = await claimed(catalog, delivery);
  const records = [
    {
      kind: "lora" as const,
      name: "dog",
      document: someDigest("lora"),
      family: "sdxl",
      baseModel: "base",
      triggerWord: "sks",
      weightsSha256: someDigest("weights"),
      tensorsSha256: someDigest("tensors"),
      bytes: 10,
      dataset: someDigest("dataset"),
      rank: 8,
    },
    { kind: "dataset" as const, name: "dog pictures", digest: someDigest("dataset"), images: 12, statistics: {} },
  ];
  const settlement = settlementOf(claim, { kind: "succeeded", output: someOutput("x") }, { records });
  await catalog.ledger.settle(settlement);
  await catalog.ledger.settle(settlement);
  const [lora] = (await catalog.loras.list({ project: (await catalog.projects.ensure(project)).id })).items;
  expect((await told(id)).map(({ type, data }) => ({ type, data }))).toEqual([
    {
      type: "dataset.made",
      data: {
        dataset: { name: "dog pictures", version: 1, digest: someDigest("dataset"), images: 12 },
        run: { id: run },
        links: {
          run: `/v1/runs/${run}`,
          dataset: `/v1/datasets/dog%20pictures%40${someDigest("dataset").slice(0, 12)}`,
        },
      },
    },
    {
      type: "lora.released",
      data: {
        lora: { id: lora?.id, name: "dog", version: 1, family: "sdxl" },
        run: { id: run },
        links: { run: `/v1/runs/${run}`, lora: `/v1/loras/${lora?.id}` },
      },
    },
  ]);
});

test("alerts of the fleet and of trainings are told, whoever writes them", async () => {
  const { id } = await listen("fleet");
  const { run, step, jobs } = await startedRun(catalog, 1, { project: "fleet", name: "pod-1" });
  const at = { run: run as RunId, job: jobs[0]?.job as JobId };
  const waits = { ...at, type: "machine.waits" as const, data: { reason: "no room" } };
  await Promise.all([
    catalog.ledger.emit(waits),
    catalog.ledger.emit({ ...at, type: "machine.overcharged", data: { billedMicroUsd: 5, byMicroUsd: 2 } }),
    catalog.ledger.emit({ ...at, type: "machine.log", data: { text: "not told" } }),
    catalog.ledger.emit({ ...at, step, type: "training.stopped", data: { by: "the budget", step: 7, steps: 9 } }),
  ]);
  await catalog.fleet.stop("the balance is used up", "provisioner");
  await catalog.fleet.start();
  expect((await told(id)).map(({ type, data }) => [type, data.reason ?? data.by ?? data.byMicroUsd])).toEqual([
    ["run.started", undefined],
    ["machine.waits", "no room"],
    ["machine.overcharged", 2],
    ["training.stopped", "the budget"],
    ["fleet.stopped", "the balance is used up"],
  ]);
  expect(await catalog.events.list({ run }), "and the run's own events have all of them").toHaveLength(8);
});

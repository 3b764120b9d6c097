import type { BatchId, Delivery, RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { broken, endRun, planAll, startAll, submitBatch } from "../../test/batches.ts";
import { claimed, settlementOf, startRun } from "../../test/fixtures.ts";
import { listen, told } from "../../test/told.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const BATCH_EVENTS = [
  "batch.started",
  "batch.stopped",
  "batch.succeeded",
  "batch.failed",
  "batch.cancelled",
  "batch.resumed",
  "runs.changed",
] as const;
const hear = (project: string) => listen(catalog, project, [...BATCH_EVENTS]);
const typesOf = async (webhook: Awaited<ReturnType<typeof hear>>["id"]) =>
  (await told(catalog, webhook)).map(({ type }) => type);

/** Of these batches alone: the catalog is shared. */
const endsOf = async (batch: BatchId, by: Catalog = catalog) =>
  (await by.batches.noteEnds()).filter((ended) => ended.batch === batch).map(({ state }) => state);

describe("the end of a batch", () => {
  test("is noted when nothing of it is open, told once however many look, and again when it has ended again", async () => {
    const { id: webhook } = await hear("ends");
    const { id } = await submitBatch(catalog, 2, { of: "ends" });
    expect(await endsOf(id), "while members wait").toEqual([]);
    const [first, second] = (await startAll(catalog, await planAll(catalog, id))) as [RunId, RunId];
    await endRun(catalog, first, "fail");
    expect(await endsOf(id), "while a run is open").toEqual([]);
    await endRun(catalog, second, "cancel");
    const others = [0, 1, 2].map(() => server.openAgain(catalog.url));
    const noted = await Promise.all([catalog, ...others].map((each) => endsOf(id, each)));
    expect(noted.flat()).toEqual(["failed"]);
    expect(await endsOf(id)).toEqual([]);

    expect(await catalog.runs.resume({ run: first }), "a run alone is taken up").toBe("resumed");
    expect(await endsOf(id)).toEqual([]);
    await endRun(catalog, first, "cancel");
    expect(await endsOf(id)).toEqual(["cancelled"]);
    expect(await catalog.batches.resume({ batch: id }, {}, "key_1")).toEqual({ resumed: 0, replanned: 0 });
    expect(await endsOf(id), "there was nothing to take up").toEqual(["cancelled"]);
    const messages = await told(catalog, webhook);
    expect(messages.map(({ type }) => type)).toEqual([
      ...["batch.started", "batch.failed", "batch.cancelled", "batch.resumed", "batch.cancelled"],
    ]);
    expect(messages[1]).toMatchObject({
      project: "ends",
      data: {
        batch: { id, name: "subjects", state: "failed" },
        ...{ runs: { total: 2, succeeded: 0 }, spentMicroUsd: 0, error: null, links: { batch: `/v1/batches/${id}` } },
      },
    });
  });

  test("is not noted while a run of it is being taken up, and then not told for what it no longer is", async () => {
    const { id } = await submitBatch(catalog, 1, { of: "raced" });
    const [run] = (await startAll(catalog, await planAll(catalog, id))) as [RunId];
    await endRun(catalog, run, "fail");
    const many = await Promise.all([
      ...Array.from({ length: 4 }, () => endsOf(id)),
      catalog.runs.resume({ run }).then(() => []),
    ]);
    expect(many.flat().length).toBeLessThanOrEqual(1);
    const { rows } = await catalog.pool.query("select ended_at from loramill.batches where id = $1", [id]);
    expect(rows, "whoever came first").toEqual([{ ended_at: null }]);
    await endRun(catalog, run, "cancel");
    expect(await endsOf(id)).toEqual(["cancelled"]);
  });

  test("is taken back when a job of its run is tried again", async () => {
    const { id } = await submitBatch(catalog, 1, { of: "retried" });
    const [run] = (await planAll(catalog, id)) as [RunId];
    const { jobs } = await startRun(catalog, run, 1);
    const claim = await claimed(catalog, jobs[0] as Delivery);
    await catalog.ledger.settle(settlementOf(claim, { kind: "failed", error: broken }));
    await endRun(catalog, run, "fail");
    expect(await endsOf(id)).toEqual(["failed"]);
    expect(await catalog.jobs.retry({ job: claim.job })).toMatchObject({ kind: "retried" });
    expect(await endsOf(id)).toEqual([]);
    const { rows } = await catalog.pool.query("select ended_at from loramill.batches where id = $1", [id]);
    expect(rows).toEqual([{ ended_at: null }]);
  });

  test("counts what waits as long as it does", async () => {
    const before = await catalog.batches.open();
    const { id } = await submitBatch(catalog, 3, { of: "counted" });
    expect(await catalog.batches.open()).toEqual({ open: before.open + 1, waiting: before.waiting + 3 });
    await catalog.batches.cancel({ batch: id }, "key_1");
    expect(await catalog.batches.open()).toEqual({ open: before.open + 1, waiting: before.waiting });
    expect(await endsOf(id)).toEqual(["cancelled"]);
    expect(await catalog.batches.open()).toEqual(before);
  });
});

describe("a batch that fails", () => {
  test("with as many failures as it may have is stopped, once, and that is told and audited", async () => {
    const { id: webhook } = await hear("wrong");
    const { id } = await submitBatch(catalog, 4, { of: "wrong", maxFailures: 2 });
    const [first] = (await startAll(catalog, (await planAll(catalog, id)).slice(0, 2))) as [RunId];
    await endRun(catalog, first, "fail");
    expect(await catalog.batches.stopFailing()).not.toContain(id);
    await catalog.pool.query("update loramill.batch_members set run = null where batch = $1 and number = 4", [id]);
    const cannot = { class: "user", code: "no-pictures", message: "the folder is empty", details: {} } as const;
    await catalog.batches.refuseMember({ batch: id, number: 4 }, cannot);
    expect(await catalog.batches.stopFailing()).toEqual([id]);
    expect(await catalog.batches.stopFailing()).toEqual([]);
    const stopped = {
      class: "user",
      code: "too-many-failures",
      message: expect.stringContaining("2 of its runs failed"),
    };
    expect((await catalog.batches.get({ batch: id }))?.stopped).toMatchObject(stopped);
    const { rows } = await catalog.pool.query(
      "select 1 from loramill.runs where batch = $1 and state in ('planned', 'running') and cancel_requested_at is null",
      [id],
    );
    expect(rows).toEqual([]);
    const [, message] = await told(catalog, webhook);
    expect(message).toMatchObject({ type: "batch.stopped", data: { batch: { id, state: "running" }, error: stopped } });
    const audit = await catalog.fleet.audit.list({ subject: `batch ${id}`, limit: 9 });
    expect(audit.map(({ actor, action }) => [actor, action])).toEqual([
      ["dispatcher", "batch.stop"],
      ["key_1", "batch.create"],
    ]);
  });
});

test("a change of many runs is told to each project that it reaches, with how many of its runs it changed", async () => {
  const hooks = await Promise.all(["cats", "dogs", "birds"].map((project) => hear(project)));
  for (const project of ["cats", "cats", "dogs"]) {
    const { id } = await catalog.projects.ensure(project);
    await catalog.runs.create({ project: id, ...trialRun([{ name: "caption" }], { name: "told at once" }) });
  }
  const action = { kind: "cancel" } as const;
  const request = { action, filter: { name: "told at once" }, limit: 10, project: null, within: null };
  const { id, token } = await catalog.bulkChanges.preview(request);
  for (const isFirst of [true, false])
    expect(await catalog.bulkChanges.apply({ id, project: null }, { token, actor: "operator" })).toMatchObject({
      isFirst,
    });
  const messages = await Promise.all(hooks.map((hook) => told(catalog, hook.id)));
  const change = { id, action: "cancel" };
  const links = { change: `/v1/bulk-changes/${id}` };
  expect(messages.map((each) => each.map(({ data }) => data))).toEqual([
    [{ change, changed: 2, links }],
    [{ change, changed: 1, links }],
    [],
  ]);
  expect(await typesOf(hooks[0]?.id as NonNullable<(typeof hooks)[0]>["id"])).toEqual(["runs.changed"]);
});

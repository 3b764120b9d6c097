import { type BulkAction, BulkChangeRequest, type ErrorRecord, type ProjectId, type RunId } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const failure = (code: string): ErrorRecord => ({ class: "permanent", code, message: "it broke", details: {} });
const quote = {
  seconds: { p50: 1, p90: 2 },
  costMicroUsd: { p50: 900, p90: 1_800 },
  expectedMicroUsd: 1_000,
  steps: [],
};

async function runIn(project: ProjectId, name: string): Promise<RunId> {
  return catalog.runs.create({ project, ...trialRun([{ name: "caption" }], { name }), quote });
}

async function failedIn(project: ProjectId, name: string, code = "broken"): Promise<RunId> {
  const run = await runIn(project, name);
  const { step } = await startRun(catalog, run, 1, { release: false });
  await catalog.dispatch.endStep({ run, step }, "fail", failure(code));
  await catalog.dispatch.moveRun(run, "fail", failure(code));
  return run;
}

const projectOf = async (name: string) => (await catalog.projects.ensure(name)).id;
const preview = (project: ProjectId, request: { action: BulkAction; filter?: object; limit?: number }) =>
  catalog.bulkChanges.preview({ ...BulkChangeRequest.parse(request), project, within: project });
const shownBy = async (change: Awaited<ReturnType<typeof preview>>, project: ProjectId) =>
  (await catalog.bulkChanges.runs({ id: change.id, project }, { limit: 200 }))?.items.map(({ name }) => name);
const stateOf = async (run: RunId) => (await catalog.runs.get({ run }))?.state;

describe("a preview", () => {
  test("shows what matches the filter and can be changed, with counts and the money at stake", async () => {
    const project = await projectOf("shown");
    const names = ["anna 1", "anna 2", "bob_1"];
    for (const name of names) await failedIn(project, name, name === "anna 2" ? "capacity" : "broken");
    await runIn(project, "anna 3");
    const action = { kind: "resume" } as const;
    const all = await preview(project, { action });
    expect(all).toMatchObject({
      matching: 4,
      count: 3,
      states: { failed: 3 },
      spentMicroUsd: 0,
      outstandingMicroUsd: 3_000,
      outcome: null,
    });
    expect(await shownBy(all, project)).toEqual(names);
    const shown = async (filter: object, limit?: number) =>
      shownBy(await preview(project, { action, filter, ...(limit === undefined ? {} : { limit }) }), project);
    expect(await shown({ name: "anna*" })).toEqual(["anna 1", "anna 2"]);
    expect(await shown({ name: "bob?1" }), "only * stands for anything").toEqual([]);
    expect(await shown({ name: "bob_*" })).toEqual(["bob_1"]);
    expect(await shown({ errorCode: "capacity" })).toEqual(["anna 2"]);
    expect(await shown({ states: ["cancelled"] })).toEqual([]);
    expect(await shown({ createdBefore: "2020-01-01T00:00:00Z" })).toEqual([]);
    expect(await shown({ createdAfter: "2020-01-01T00:00:00Z" }, 2)).toEqual(["anna 1", "anna 2"]);
    expect(await preview(project, { action: { kind: "priority", priority: 5 } }), "has it already").toMatchObject({
      count: 0,
    });
    expect(await preview(project, { action: { kind: "cancel" } })).toMatchObject({ count: 1, states: { planned: 1 } });
  });

  test("is its project's alone, and pages its runs", async () => {
    const [mine, theirs] = [await projectOf("mine"), await projectOf("theirs")];
    for (const name of ["a", "b", "c"]) await runIn(mine, name);
    const change = await preview(mine, { action: { kind: "cancel" } });
    const ref = { id: change.id, project: theirs };
    expect(await catalog.bulkChanges.get(ref)).toBeNull();
    expect(await catalog.bulkChanges.runs(ref, {})).toBeNull();
    expect(await catalog.bulkChanges.apply(ref, { token: change.token, actor: "x" })).toBeNull();
    const first = await catalog.bulkChanges.runs({ id: change.id, project: mine }, { limit: 2 });
    expect(first?.items.map(({ name }) => name)).toEqual(["a", "b"]);
    const rest = await catalog.bulkChanges.runs(
      { id: change.id, project: mine },
      { limit: 2, cursor: first?.next ?? "" },
    );
    expect(rest).toMatchObject({ items: [{ name: "c", was: "planned" }], next: null });
    expect((await preview(theirs, { action: { kind: "cancel" } })).count).toBe(0);
  });

  test("leaves runs of the fleet alone: they end with their machines", async () => {
    const fleet = await projectOf("fleet");
    await runIn(fleet, "machine");
    expect(await preview(fleet, { action: { kind: "cancel" } })).toMatchObject({ matching: 0, count: 0 });
  });
});

describe("applying", () => {
  const apply = async (
    change: Awaited<ReturnType<typeof preview>>,
    project: ProjectId,
    token = change.token,
    by: Catalog = catalog,
  ) => (await by.bulkChanges.apply({ id: change.id, project }, { token, actor: "key_1" }))?.change ?? null;

  test("changes what was shown, names what has moved on since, and is audited once however often it is asked", async () => {
    const project = await projectOf("applied");
    const [still, resumed, gone] = [
      await failedIn(project, "still"),
      await failedIn(project, "resumed"),
      await failedIn(project, "gone"),
    ];
    const change = await preview(project, { action: { kind: "resume", budgetUsd: 2 } });
    await catalog.runs.resume({ run: resumed });
    await catalog.pool.query("delete from loramill.runs where id = $1", [gone]);
    const late = await failedIn(project, "late");
    const applied = await apply(change, project);
    expect(applied?.outcome).toMatchObject({
      changed: 1,
      skipped: [
        { run: resumed, name: "resumed", was: "failed", is: "running" },
        { run: gone, name: "gone", was: "failed", is: null },
      ],
    });
    expect(await catalog.runs.get({ run: still })).toMatchObject({ state: "running", budgetMicroUsd: 2_000_000 });
    expect(await stateOf(late), "came after the preview").toBe("failed");
    expect(await apply(change, project)).toEqual(applied);
    expect(await catalog.bulkChanges.get({ id: change.id, project })).toEqual(applied);
    const audit = await catalog.fleet.audit.list({ limit: 10, subject: `runs of ${project}` });
    expect(audit).toMatchObject([
      { actor: "key_1", action: "runs.resume", details: { change: change.id, changed: 1, skipped: 2 } },
    ]);
  });

  test("takes the preview's token, while that is young", async () => {
    const project = await projectOf("tokens");
    const run = await runIn(project, "x");
    const change = await preview(project, { action: { kind: "cancel" } });
    const other = await preview(project, { action: { kind: "cancel" } });
    await expect(apply(change, project, other.token)).rejects.toMatchObject({ code: "wrong-token" });
    await catalog.pool.query("update loramill.bulk_changes set expires_at = now() where id = $1", [change.id]);
    await expect(apply(change, project)).rejects.toMatchObject({ code: "preview-expired" });
    expect(await catalog.runs.get({ run })).toMatchObject({ cancelRequested: false });
    await catalog.pool.query("update loramill.bulk_changes set expires_at = now() - interval '2 days'");
    expect(await catalog.bulkChanges.sweep()).toBeGreaterThan(0);
  });

  test("by many at once, of one preview and of several over the same runs, changes each run once", async () => {
    const project = await projectOf("raced");
    const runs: RunId[] = [];
    for (let at = 0; at < 12; at += 1) runs.push(await failedIn(project, `run ${at}`));
    const changes = await Promise.all([0, 1, 2].map(() => preview(project, { action: { kind: "resume" } })));
    const another = server.openAgain(catalog.url);
    const answers = await Promise.all(
      changes.flatMap((change) => [catalog, another].map((by) => apply(change, project, change.token, by))),
    );
    const outcomes = changes.map((change) =>
      answers.filter((answer) => answer?.id === change.id).map((answer) => answer?.outcome),
    );
    for (const [first, second] of outcomes) expect(second).toEqual(first);
    expect(outcomes.map(([first]) => first?.changed ?? 0).sort()).toEqual([0, 0, 12]);
    const { rows } = await catalog.pool.query<{ count: number }>(
      "select count(*)::int as count from loramill.run_events where type = 'run.resumed' and run = any($1)",
      [runs],
    );
    expect(rows[0]?.count).toBe(12);
  });

  test("cancels runs that have started since, and changes priorities of what is open", async () => {
    const project = await projectOf("moved");
    const run = await runIn(project, "x");
    const [cancel, hurry] = [
      await preview(project, { action: { kind: "cancel" } }),
      await preview(project, { action: { kind: "priority", priority: 1 } }),
    ];
    await startRun(catalog, run, 1, { release: false });
    expect((await apply(hurry, project))?.outcome).toMatchObject({ changed: 1, skipped: [] });
    expect((await apply(cancel, project))?.outcome).toMatchObject({ changed: 1, skipped: [] });
    expect(await catalog.runs.get({ run })).toMatchObject({ state: "running", priority: 1, cancelRequested: true });
  });
});

import type { BatchPlan, BatchQuotePart, BatchSpecInput, BatchView, BulkChange, JsonObject } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import type { ApiDeps } from "../deps.ts";
import { batchRoutes } from "./batches.ts";
import { bulkChangeRoutes } from "./bulk-changes.ts";

let routes: ServedRoutes;
/** Bulk changes as the metrics count them. */
const counted: string[] = [];
beforeAll(async () => {
  routes = await serveRoutes((deps) => async (server) => {
    const batchPlanner = { quoteWithLock: quoteOf } as unknown as ApiDeps["batchPlanner"];
    await server.register(batchRoutes({ ...deps, batchPlanner, localSources: true }, { maxBatchRuns: 30 }));
    await server.register(bulkChangeRoutes({ ...deps, onBulkChange: ({ id }) => counted.push(id) }));
  });
});
afterAll(() => routes.close());

/** A dataset step that all share and a training of each, as a planner that reads no files has it. */
async function quoteOf({ name }: { name: string }) {
  const amounts = { seconds: { p50: 1, p90: 2 }, costMicroUsd: { p50: 10, p90: 20 }, expectedMicroUsd: 10 };
  const { lock } = trialRun([
    { name: "dataset", kind: "dataset", job: "assemble-dataset" },
    { name: "train", kind: "train", job: "train-lora", needs: ["dataset"], params: { name } },
  ]);
  const steps = lock.steps.map((step) => ({ name: step.name, kind: step.kind, cache: "miss", ...amounts }));
  return { lock, quote: { steps, notes: [] } };
}

const spec = (runs: number, more: Partial<BatchSpecInput> = {}): BatchSpecInput => ({
  kind: "batch",
  name: "subjects",
  rows: Array.from({ length: runs }, (_, at) => ({ word: `w${at + 1}` })),
  run: { name: "subject ${row.word}", dataset: { sources: [{ type: "folder", path: "/p" }] }, train: {} },
  ...more,
});

async function ask<Answer>(
  method: "GET" | "POST",
  url: string,
  payload?: object,
  headers: Record<string, string> = {},
) {
  const answer = await routes.server.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  return { status: answer.statusCode, body: answer.json<Answer & { code?: string; detail?: string }>() };
}

test("a batch is submitted once by its key, and is its project's alone", async () => {
  const headers = { ...ofProject, "idempotency-key": "k1" };
  const first = await ask<BatchView>("POST", "/v1/batches", spec(3, { budgetUsd: 1.5, maxFailures: 2 }), headers);
  expect(first).toMatchObject({
    status: 201,
    body: { project: "cats", state: "planning", total: 3, budgetMicroUsd: 1_500_000 },
  });
  const again = await ask<BatchView>("POST", "/v1/batches", spec(3, { budgetUsd: 1.5, maxFailures: 2 }), headers);
  expect(again.body.id).toBe(first.body.id);
  expect(await ask("POST", "/v1/batches", spec(4), headers)).toMatchObject({
    status: 409,
    body: { code: "idempotency-conflict" },
  });
  expect(await ask("POST", "/v1/batches", spec(1, { project: "dogs" }), ofProject)).toMatchObject({ status: 403 });

  const other = await ask<BatchView>("POST", "/v1/batches", spec(1, { project: "dogs" }));
  for (const [method, what] of [
    ["GET", ""],
    ["GET", "/members"],
    ["POST", "/cancel"],
    ["POST", "/resume"],
  ] as const) {
    const answer = await ask(method, `/v1/batches/${other.body.id}${what}`, undefined, ofProject);
    expect(answer, what).toMatchObject({ status: 404, body: { code: "batch-not-found" } });
  }
  const listed = await ask<{ items: BatchView[] }>("GET", "/v1/batches", undefined, ofProject);
  expect(listed.body.items.map(({ id }) => id)).toEqual([first.body.id]);
  expect((await ask<{ items: BatchView[] }>("GET", "/v1/batches?project=nobody")).body.items).toEqual([]);

  const members = await ask<{ items: { name: string }[] }>(
    "GET",
    `/v1/batches/${first.body.id}/members?state=waiting`,
    undefined,
    ofProject,
  );
  expect(members.body.items.map(({ name }) => name)).toEqual(["subject w1", "subject w2", "subject w3"]);
  const cancelled = await ask<BatchView>("POST", `/v1/batches/${first.body.id}/cancel`, undefined, ofProject);
  expect(cancelled.body).toMatchObject({ state: "cancelled", counts: { cancelled: 3 } });
  const resumed = await ask("POST", `/v1/batches/${first.body.id}/resume`, { budgetUsd: null }, ofProject);
  expect(resumed.body).toMatchObject({ resumed: 0, replanned: 3, batch: { state: "planning", budgetMicroUsd: null } });
  const audit = await routes.catalog.fleet.audit.list({ subject: `batch ${first.body.id}`, limit: 9 });
  expect(
    audit.map(({ actor, action }) => [actor, action]),
    "what was asked again is there once",
  ).toEqual([
    ["key_1", "batch.resume"],
    ["key_1", "batch.cancel"],
    ["key_1", "batch.create"],
  ]);
});

test("plans and quotes come part by part, and say which work is the same", async () => {
  const plan = await ask<BatchPlan>("POST", "/v1/batches/plans", spec(25));
  expect(plan.body).toMatchObject({ total: 25, next: null });
  const first = await ask<BatchQuotePart>("POST", "/v1/batches/quotes", spec(25));
  expect([first.body.members.length, first.body.next]).toEqual([10, 11]);
  const last = await ask<BatchQuotePart>("POST", "/v1/batches/quotes?from=21", spec(25));
  expect([last.body.members.length, last.body.members[0]?.number, last.body.next]).toEqual([5, 21, null]);
  const works = (name: string) =>
    [...first.body.members, ...last.body.members].map(({ steps }) => steps.find((step) => step.name === name)?.work);
  expect([new Set(works("dataset")).size, new Set(works("train")).size]).toEqual([1, 15]);
});

test("what is wrong with a batch is told with its rows and fields, and what to do", async () => {
  const wrong = spec(2, { run: { ...(spec(1).run as JsonObject), train: { recipe: { rank: "${row.word}" } } } });
  const answer = await ask("POST", "/v1/batches", wrong);
  expect(answer).toMatchObject({ status: 400, body: { code: "bad-spec" } });
  expect(answer.body.detail).toMatch(/row 1: train\.recipe\.rank: .*\n.*row 2: train\.recipe\.rank: /);
  expect(await ask("POST", "/v1/batches", spec(31))).toMatchObject({ status: 422, body: { code: "too-many-runs" } });
  expect(await ask("POST", "/v1/batches", { kind: "batch", name: "x", run: {} })).toMatchObject({ status: 400 });
});

test("changes of many runs keep to the caller's project and take their token", async () => {
  const [cats, dogs] = [await routes.catalog.projects.ensure("cats"), await routes.catalog.projects.ensure("dogs")];
  for (const { id } of [cats, dogs])
    await routes.catalog.runs.create({ project: id, ...trialRun([{ name: "caption" }], { name: "r" }) });
  const request = { action: { kind: "cancel" }, filter: { name: "r" } };
  const mine = await ask<BulkChange>("POST", "/v1/bulk-changes", request, ofProject);
  expect(mine).toMatchObject({ status: 201, body: { count: 1, outcome: null } });
  expect((await ask<BulkChange>("POST", "/v1/bulk-changes", request)).body.count, "an operator sees both").toBe(2);
  expect(await ask("POST", "/v1/bulk-changes", { ...request, filter: { project: "dogs" } }, ofProject)).toMatchObject({
    status: 403,
  });
  const nobody = { ...request, filter: { project: "nobody" } };
  expect(await ask("POST", "/v1/bulk-changes", nobody)).toMatchObject({ status: 201, body: { matching: 0 } });
  expect(await ask("GET", `/v1/bulk-changes/${mine.body.id}`)).toMatchObject({
    status: 404,
    body: { code: "change-not-found" },
  });
  const token = "0".repeat(64);
  const at = `/v1/bulk-changes/${mine.body.id}`;
  expect(await ask("POST", `${at}/apply`, { token }, ofProject)).toMatchObject({
    status: 409,
    body: { code: "wrong-token" },
  });
  expect((await ask<{ items: object[] }>("GET", `${at}/runs`, undefined, ofProject)).body.items).toMatchObject([
    { name: "r", was: "planned" },
  ]);
  const applied = await ask<BulkChange>("POST", `${at}/apply`, { token: mine.body.token }, ofProject);
  expect(applied).toMatchObject({ status: 200, body: { outcome: { changed: 1, skipped: [] } } });
  expect((await ask("POST", `${at}/apply`, { token: mine.body.token }, ofProject)).body, "again").toEqual(applied.body);
  expect(counted).toEqual([mine.body.id]);
  const [entry] = await routes.catalog.fleet.audit.list({ limit: 1 });
  expect(entry).toMatchObject({ actor: "key_1", action: "runs.cancel" });
});

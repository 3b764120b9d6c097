import type { Catalog } from "@loramill/catalog";
import { type FleetOffer, type JobId, JsonObject } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { fleetRoutes } from "./fleet.ts";

const offer: FleetOffer = {
  ...{ provider: "runpod", gpuType: "NVIDIA L4", region: "US-KS-2", vramBytes: 24 * 1024 ** 3 },
  ...{ pricePerHourMicroUsd: 390_000, interruptible: true, available: 4, cloud: "SECURE" },
};

let catalog: Catalog;
let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(fleetRoutes);
  catalog = routes.catalog;
});
afterAll(() => routes.close());
beforeEach(() =>
  catalog.pool.query("truncate loramill.pods, loramill.runs, loramill.fleet, loramill.audit, loramill.offers cascade"),
);

type Method = "GET" | "POST" | "PATCH";

async function ask(method: Method, path: string, body?: JsonObject, headers: Record<string, string> = {}) {
  const answer = await routes.server.inject({
    method,
    url: `/v1/fleet${path}`,
    headers,
    ...(body ? { payload: body } : {}),
  });
  return { status: answer.statusCode, body: JsonObject.parse(answer.json()) };
}

const open = (name: string) =>
  catalog.fleet.openPod({
    ...{ name, provider: "runpod", candidates: [offer], reason: "two trainings wait" },
    wantedFor: ["job_00000000000000000000000000000001" as JobId],
  });

async function booting(name: string): Promise<void> {
  await open(name);
  await catalog.fleet.intents.put({ name, state: "rented", asked: null, remoteId: `pod-${name}` });
  await catalog.fleet.move(name, "rent", { offer, rentedAt: new Date() });
}

async function rented(name: string): Promise<void> {
  await booting(name);
  const health = { at: new Date(), trainers: ["ai-toolkit"], slots: 1, active: 0, holds: [] };
  await catalog.fleet.move(name, "answer", { answeredAt: new Date(), health });
}

test("says that there is no fleet, and nothing more", async () => {
  expect(await ask("GET", "")).toEqual({
    status: 200,
    body: { stopped: null, dryRun: false, plannedAt: null, pricePerHourMicroUsd: 0, machines: [] },
  });
  expect((await ask("GET", "/plan")).body).toEqual({ plannedAt: null, decisions: [] });
  expect((await ask("GET", "/offers")).body).toEqual({ items: [] });
  expect((await ask("GET", "/bills")).body).toEqual({
    ...{ items: [], chargedMicroUsd: 0, billedMicroUsd: 0, gapShare: null, isCut: false },
  });
});

test("shows machines with what they cost by the hour, and those that ended only when asked to", async () => {
  await rented("lm-a");
  await open("lm-b");
  await rented("lm-c");
  await catalog.fleet.move("lm-c", "end", { reason: "idle" });
  await catalog.fleet.move("lm-c", "close", { endedAt: new Date() });
  const { body } = await ask("GET", "");
  expect(body).toMatchObject({
    pricePerHourMicroUsd: 390_000,
    machines: [
      {
        name: "lm-a",
        state: "ready",
        trainers: ["ai-toolkit"],
        offer: { gpuType: "NVIDIA L4", cloud: "SECURE", interruptible: true },
      },
      { name: "lm-b", state: "wanted", offer: null, trainers: null, reason: "two trainings wait" },
    ],
  });
  expect((await ask("GET", "?ended=true")).body.machines).toHaveLength(3);
});

test("of many machines that have ended, the latest 200 are told, latest first and behind those that live", async () => {
  await open("lm-lives");
  await catalog.pool.query(
    `insert into loramill.pods (name, provider, state, run, wanted_for, candidates, bill, created_at)
     select 'lm-' || n, provider, 'ended', run, wanted_for, candidates, bill, created_at - n * interval '1 minute'
     from loramill.pods, generate_series(1, 201) n`,
  );
  const { machines } = (await ask("GET", "?ended=true")).body as { machines: { name: string }[] };
  expect(machines.map(({ name }) => name)).toEqual([
    "lm-lives",
    ...Array.from({ length: 200 }, (_, index) => `lm-${index + 1}`),
  ]);
});

test("explains the last plan in its own words, with the runs of its jobs", async () => {
  const { id: project } = await catalog.projects.ensure("default");
  const run = await catalog.runs.create({ project, ...trialRun([{ name: "train" }], { name: "cats" }) });
  const step = (await catalog.runs.get({ run }))?.steps[0]?.id;
  const [job, gone] = [`job_${"a".repeat(32)}` as JobId, `job_${"b".repeat(32)}` as JobId];
  await catalog.pool.query(
    `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
     values ($1, $2, $3, $4, 'train-lora', 'train', 0, '{}', 'waiting')`,
    [job, run, step, project],
  );
  await catalog.fleet.keepPlan([
    {
      ...{
        kind: "create",
        provider: "runpod",
        candidates: [offer],
        jobs: [job, gone],
        because: "cheapest that holds it",
      },
      expected: { seconds: 3_600, microUsd: 420_000 },
    },
    { kind: "drain", pod: "lm-a", because: "idle for 10 min" },
    { kind: "wait", job, because: "no offer fits" },
  ]);
  const { body } = await ask("GET", "/plan");
  expect(body).toMatchObject({
    plannedAt: expect.any(String),
    decisions: [
      {
        kind: "create",
        pod: null,
        jobs: [{ job, run, name: "cats" }],
        because: "cheapest that holds it",
        expected: { microUsd: 420_000 },
      },
      { kind: "drain", pod: "lm-a", jobs: [], candidates: [], expected: null },
      { kind: "wait", pod: null, jobs: [{ run }] },
    ],
  });
});

test("stops: nothing new, machines finish what they have; with all, every machine ends; and starts again", async () => {
  await rented("lm-a");
  await open("lm-b");
  await booting("lm-c");
  const { body } = await ask("POST", "/stop", { reason: "prices doubled" });
  expect(body).toMatchObject({
    stopped: { reason: "prices doubled", by: "operator" },
    machines: [
      { name: "lm-a", state: "draining", reason: "prices doubled" },
      { name: "lm-b", state: "ending" },
      { name: "lm-c", state: "ending" },
    ],
  });
  const all = await ask("POST", "/stop", { all: true });
  expect(all.body.machines).toMatchObject(["lm-a", "lm-b", "lm-c"].map((name) => ({ name, state: "ending" })));
  expect((await ask("POST", "/start")).body.stopped).toBeNull();
  const { items } = (await ask("GET", "/audit")).body as { items: { action: string; subject: string }[] };
  expect(items.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
    "fleet.start fleet",
    "machine.end lm-a",
    "fleet.stop-all fleet",
    "machine.end lm-c",
    "machine.end lm-b",
    "machine.drain lm-a",
    "fleet.stop fleet",
  ]);
});

test("drains or ends one machine, and says which names there are not", async () => {
  await rented("lm-a");
  expect((await ask("POST", "/machines/lm-a/drain", {})).body).toMatchObject({ state: "draining", reason: "by hand" });
  expect((await ask("POST", "/machines/lm-a/end", { reason: "stuck" })).body).toMatchObject({ state: "ending" });
  await catalog.fleet.move("lm-a", "close", { endedAt: new Date() });
  expect(await ask("POST", "/machines/lm-a/end", {})).toMatchObject({ body: { code: "wrong-state" } });
  expect(await ask("POST", "/machines/lm-z/end", {})).toMatchObject({ status: 404 });
});

test("draining a machine that is not up yet ends it: there is nothing to finish", async () => {
  await open("lm-a");
  await booting("lm-b");
  expect((await ask("POST", "/machines/lm-a/drain", {})).body).toMatchObject({ state: "ending" });
  expect((await ask("POST", "/machines/lm-b/drain", {})).body).toMatchObject({ state: "ending", reason: "by hand" });
});

test("the audit of the fleet has machines and switches, of one subject and page by page", async () => {
  await rented("lm-a");
  await catalog.fleet.audit.add({ actor: "operator", action: "webhook.create", subject: "whk_1" });
  await ask("POST", "/machines/lm-a/drain", {});
  await ask("POST", "/stop", {});
  const audit = async (query: string) => {
    const { items } = (await ask("GET", `/audit${query}`)).body as { items: { id: number; action: string }[] };
    return items;
  };
  const [stop, drain, ...others] = await audit("");
  expect([stop?.action, drain?.action, others]).toEqual(["fleet.stop", "machine.drain", []]);
  expect(await audit("?subject=lm-a")).toEqual([drain]);
  expect(await audit(`?limit=1&before=${stop?.id}`)).toEqual([drain]);
  expect((await ask("GET", "/audit?limit=0")).status).toBe(400);
});

test("is switched to plan without carrying out, and back", async () => {
  expect((await ask("PATCH", "", { dryRun: true })).body).toMatchObject({ dryRun: true, stopped: null });
  expect((await ask("PATCH", "", { dryRun: false })).body).toMatchObject({ dryRun: false });
});

test("is not for the key of a project, not even an admin's", async () => {
  const answer = await ask("GET", "", undefined, ofProject);
  expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
});

test("puts ledger, meter and books side by side", async () => {
  await rented("lm-a");
  await catalog.fleet.note("lm-a", { bill: { seconds: 3_600, amountMicroUsd: 390_000, isFinal: true } });
  const [from, to] = [new Date("2026-11-21T10:00:00Z"), new Date("2026-11-21T11:00:00Z")];
  await catalog.fleet.books.put("runpod", [
    { kind: "machine", remoteId: "pod-lm-a", from, to, amountMicroUsd: 400_000 },
  ]);
  // Its training may still have its part to take.
  expect((await ask("GET", "/bills")).body).toMatchObject({ items: [{ pod: "lm-a", isFinal: false }], gapShare: null });
  await catalog.fleet.move("lm-a", "end", { reason: "idle" });
  await catalog.fleet.move("lm-a", "close", { endedAt: new Date() });
  expect((await ask("GET", "/bills")).body).toMatchObject({
    items: [
      {
        ...{ pod: "lm-a", chargedMicroUsd: 0, meteredMicroUsd: 390_000, billedMicroUsd: 400_000, isFinal: true },
        booksReadAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    ],
    gapShare: 1,
  });
});

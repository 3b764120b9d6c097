import type { Catalog } from "@loramill/catalog";
import {
  DiffAnswer,
  type DocumentKind,
  digestOf,
  type JsonObject,
  jobs,
  type ReplayReport,
  type RunId,
  RunView,
  type StepView,
} from "@loramill/contracts";
import { type TrialStep, trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../test/serve-routes.ts";
import type { ApiDeps } from "./deps.ts";
import { createPlanner } from "./planning/planner.ts";
import type { PlanningDeps } from "./planning/planning-deps.ts";
import { diffRoutes } from "./routes/diffs.ts";
import { replayRoutes } from "./routes/replays.ts";

const there = { available: true, message: "is there" };
/** What is installed, as tests change it. */
const here = { version: "weights-1", pictures: digestOf("pictures"), microUsd: 300 };

function planner(stores: PlanningDeps["stores"]) {
  const pocket = {
    ...{ name: "pocket", capabilities: {}, validate: () => [], isAvailable: async () => there },
    version: async () => here.version,
    estimate: () => ({
      ...{ seconds: { p50: 10, p90: 20 }, vramBytes: 0 },
      costMicroUsd: { p50: here.microUsd, p90: 2 * here.microUsd },
    }),
  };
  return createPlanner({
    ...{ stores, captioners: [], fuser: null, embedder: null, tokenCounters: {}, generationBackends: [] },
    ...{ localSources: true, storeReachable: true, presets: {}, trainingBackends: [pocket] },
    faceFinder: { id: "faces/1", isAvailable: async () => there },
    models: async () => [],
    pastTrainings: async () => [],
    rentalMarket: async () => ({ offers: [], pods: [] }),
    ceilings: async () => [],
    findArtifact: async () => null,
    fingerprint: async () => ({ digest: here.pictures, items: 2, bytes: 3 }),
  } as unknown as PlanningDeps);
}

const documents = new Map<string, unknown>();
const stores = {
  documents: {
    put: async (kind: DocumentKind, value: unknown) => {
      documents.set(`${kind}/${digestOf(value)}`, value);
      return digestOf(value);
    },
    get: async (kind: DocumentKind, digest: string) => documents.get(`${kind}/${digest}`),
  },
} as unknown as PlanningDeps["stores"];

let routes: ServedRoutes;
let catalog: Catalog;
beforeAll(async () => {
  routes = await serveRoutes((deps) => async (server) => {
    const parts = { ...deps, stores, planner: planner(stores) } as ApiDeps;
    await server.register(diffRoutes(parts));
    await server.register(replayRoutes(parts));
  });
  catalog = routes.catalog;
});
afterAll(() => routes.close());
beforeEach(() => Object.assign(here, { version: "weights-1", pictures: digestOf("pictures"), microUsd: 300 }));

const sources = [{ type: "folder", path: "/pictures" }];
const steps = (recipe: JsonObject): TrialStep[] => [
  {
    name: "source",
    kind: "source",
    job: "index-source",
    jobVersion: jobs["index-source"].version,
    params: { sources },
    external: digestOf("pictures"),
  },
  {
    name: "train",
    kind: "train",
    job: "train-lora",
    needs: ["source"],
    params: { backend: "pocket", backendVersion: "weights-1", recipe },
  },
];

/** A run that has made something of each step. */
async function submitted(project: string, recipe: JsonObject = { rank: 8 }): Promise<RunId> {
  const { id } = await catalog.projects.ensure(project);
  const run = await catalog.runs.create({ project: id, ...trialRun(steps(recipe), { project }) });
  for (const { name } of steps(recipe)) {
    const made = [run, name, digestOf(name)];
    await catalog.pool.query("update loramill.steps set output = $3, items = 2 where run = $1 and name = $2", made);
  }
  return run;
}

const post = (url: string, payload: object, headers: object = {}) =>
  routes.server.inject({ method: "POST", url, payload, headers: { ...headers } });

test("a run is replayed as a new one that names it, once for an Idempotency-Key", async () => {
  const run = await submitted("dogs");
  const request = { steps: ["train"], verify: true };
  const quote = (await post(`/v1/runs/${run}/replays/quote`, request)).json();
  expect(quote).toMatchObject({ obstacles: [], steps: [{ name: "source", cache: "reused" }, { name: "train" }, {}] });
  const key = { "idempotency-key": "once" };
  const answer = await post(`/v1/runs/${run}/replays`, request, key);
  expect(answer.statusCode, answer.body).toBe(201);
  const replay = RunView.parse(answer.json());
  expect(replay).toMatchObject({
    replayOf: run,
    project: "dogs",
    steps: [{ state: "reused" }, {}, { kind: "verify" }],
  });
  expect((await post(`/v1/runs/${run}/replays`, request, key)).json().id).toBe(replay.id);
  expect((await post(`/v1/runs/${run}/replays`, { ...request, verify: false }, key)).statusCode).toBe(409);

  const early = await routes.server.inject({ method: "GET", url: `/v1/runs/${replay.id}/replay-report` });
  expect([early.statusCode, early.json().code]).toEqual([409, "wrong-state"]);
  const none = await routes.server.inject({ method: "GET", url: `/v1/runs/${run}/replay-report` });
  expect([none.statusCode, none.json().code]).toEqual([404, "not-found"]);
  const report: ReplayReport = {
    ...{ format: "loramill-replay/1", of: run, verdict: "identical", firstDifferent: null, steps: [] },
  };
  const output = await stores.documents.put("parts", { parts: [await stores.documents.put("replay-report", report)] });
  const verify = replay.steps.find(({ kind }) => kind === "verify") as StepView;
  await catalog.pool.query("update loramill.steps set output = $2 where id = $1", [verify.id, output]);
  const told = await routes.server.inject({ method: "GET", url: `/v1/runs/${replay.id}/replay-report` });
  expect(told.json()).toEqual(report);
});

test("a replay is refused with what has changed since, and for what was never there", async () => {
  const run = await submitted("dogs");
  Object.assign(here, { version: "weights-2", pictures: digestOf("others") });
  const refused = await post(`/v1/runs/${run}/replays`, {});
  expect([refused.statusCode, refused.json().code]).toEqual([422, "replay-impossible"]);
  expect(refused.json().detail).toMatch(
    /source read other content.*train was done by pocket weights-1; it is weights-2 now/,
  );
  expect((await post(`/v1/runs/${run}/replays/quote`, {})).json().obstacles).toHaveLength(2);
  const kept = await post(`/v1/runs/${run}/replays/quote`, { steps: ["source"] });
  expect(kept.json().obstacles, "of the steps that are done again alone").toHaveLength(1);
  expect((await post(`/v1/runs/${run}/replays`, { steps: ["trian"] })).json().detail).toContain("did you mean train?");
});

test("a run of another project is not there, to be replayed or compared", async () => {
  const run = await submitted("theirs");
  for (const url of [`/v1/runs/${run}/replays`, `/v1/runs/${run}/replays/quote`]) {
    expect((await post(url, {}, ofProject)).statusCode).toBe(404);
  }
  expect((await post("/v1/plans/diff", { before: { run }, after: { run } }, ofProject)).statusCode).toBe(404);
});

test("two plans are compared in words, with what each difference makes anew", async () => {
  const [a, b] = [await submitted("dogs"), await submitted("dogs", { rank: 16 })];
  const { lock } = trialRun(steps({ rank: 16 }), { project: "dogs", priority: 1 });
  const diff = async (before: object, after: object) =>
    DiffAnswer.parse((await post("/v1/plans/diff", { before, after })).json());
  expect(await diff({ run: a }, { run: b })).toMatchObject({
    ...{ same: false, run: [] },
    steps: [{ sentence: "train: recipe.rank is 16 instead of 8", makesAnew: ["train"] }],
  });
  expect(await diff({ run: b }, { lock })).toMatchObject({ same: true, run: [{ path: "priority", from: 5, to: 1 }] });
});

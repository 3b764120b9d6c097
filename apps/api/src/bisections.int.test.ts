import type { Catalog } from "@loramill/catalog";
import {
  BisectionView,
  type DocumentKind,
  digestOf,
  neutralRecipe,
  type PreparedImage,
  RecipeTemplate,
  type RunId,
  RunSpec,
  recipeFields,
  sha256Hex,
} from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../test/serve-routes.ts";
import { readImages } from "./datasets/read-images.ts";
import { writeVersion } from "./datasets/write-version.ts";
import type { ApiDeps } from "./deps.ts";
import { createPlanner } from "./planning/planner.ts";
import type { PlanningDeps } from "./planning/planning-deps.ts";
import { bisectionRoutes } from "./routes/bisections.ts";

const recipe = RecipeTemplate.parse({
  ...neutralRecipe,
  ...{ family: "pocket", baseModel: "pocket", rank: 8, alpha: 8, learningRate: 0.002, batchSize: 4, steps: 20 },
  ...{ resolution: 64, scheduler: "cosine", saveEverySteps: 10, seed: 1 },
});
const there = { available: true, message: "is there" };
/** What a trial costs, a seed that the backend does not take at the low rank, and whether the backend is there. */
const here = { microUsd: 0, impossibleSeed: -1, available: true };

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

function openPlanner() {
  const backend = {
    ...{
      name: "pocket",
      isAvailable: async () => ({ ...there, available: here.available }),
      version: async () => "weights-1",
    },
    validate: ({ rank, seed }: { rank: number; seed: number }) =>
      rank === 8 && seed === here.impossibleSeed
        ? [{ field: "seed", severity: "error", message: "not at this rank" }]
        : [],
  };
  const training = {
    ...backend,
    capabilities: {
      ...{ families: ["pocket"], resume: true, cancel: true, logs: true, needsReachableStore: false },
      recipe: Object.fromEntries(recipeFields.map((field) => [field, { kind: "honoured" }])),
      placement: { local: { devices: ["cpu"], optimizations: [] }, cloud: null },
    },
    estimate: () => ({
      ...{ seconds: { p50: 10, p90: 20 }, vramBytes: 0 },
      costMicroUsd: { p50: here.microUsd, p90: here.microUsd },
    }),
  };
  const generation = {
    ...backend,
    validate: () => [],
    capabilities: {
      ...{ kinds: ["text-to-image"], families: ["pocket"], loraFamilies: ["pocket"], maxLoras: 4, maxSidePixels: 128 },
      ...{ sideStep: 8, itemsPerJob: 8, needsReachableStore: false },
    },
    estimate: () => ({ seconds: { p50: 1, p90: 2 }, costMicroUsd: { p50: 0, p90: 0 } }),
  };
  return createPlanner({
    ...{ stores, captioners: [], fuser: null, embedder: null, tokenCounters: {}, presets: { pocket: recipe } },
    ...{ localSources: true, storeReachable: true, trainingBackends: [training], generationBackends: [generation] },
    faceFinder: { id: "faces/1", isAvailable: async () => there },
    models: async () => [],
    pastTrainings: async () => [],
    rentalMarket: async () => ({ offers: [], pods: [] }),
    ceilings: async () => [],
    findArtifact: async () => null,
    findLora: async (document: string) => ({ name: "end", document, family: "pocket" }),
    fingerprint: async (sources: unknown) => ({ digest: digestOf(sources), items: 2, bytes: 3 }),
  } as unknown as PlanningDeps);
}

let routes: ServedRoutes;
let catalog: Catalog;
let planning: ReturnType<typeof openPlanner>;
beforeAll(async () => {
  routes = await serveRoutes((deps) => async (server) => {
    planning = openPlanner();
    await server.register(bisectionRoutes({ ...deps, stores, planner: planning } as ApiDeps));
  });
  catalog = routes.catalog;
});
afterAll(() => routes.close());

const picture = (name: string): PreparedImage =>
  ({
    ...{ path: `${name}.png`, width: 64, height: 64, format: "png", caption: { text: name, origin: "file" } },
    original: { sha256: sha256Hex(name), bytes: 1, mediaType: "image/png" },
    hashes: { pixels: sha256Hex(name), phash: "0", phashMirrored: "0", dhash: "0" },
    quality: { sharpness: 0.5 },
    prepared: { blob: { sha256: sha256Hex(`${name} cut`), bytes: 1, mediaType: "image/png" }, width: 64, height: 64 },
  }) as unknown as PreparedImage;

/** A LoRA as a run has trained it. */
async function trained(name: string, pictures: readonly string[], fields: object): Promise<string> {
  const project = (await catalog.projects.ensure("dogs")).id;
  const spec = RunSpec.parse({
    ...{ name, project: "dogs", dataset: { sources: [{ type: "folder", path: `/${name}` }] } },
    train: { recipe: fields },
    generate: { prompts: ["zorb at sea"], seeds: [3, 4], strengths: [0, 0.7] },
  });
  const { lock } = await planning.plan(spec);
  const run = await catalog.runs.create({ project, spec, lock });
  const { digest } = await writeVersion(stores, pictures.map(picture), { name });
  await catalog.pool.query("update loramill.steps set output = $2 where run = $1 and name = 'dataset'", [run, digest]);
  const { id } = await catalog.loras.add({
    ...{ project, name, document: digestOf({ name, run }), family: "pocket", baseModel: "pocket", aliases: [] },
    ...{ weightsSha256: digestOf(`weights of ${run}`), tensorsSha256: digestOf(`tensors of ${run}`), bytes: 1 },
  });
  await catalog.pool.query(
    `update loramill.loras l set run = s.run, step = s.id, source = 'trained'
     from loramill.steps s where s.run = $2 and s.name = 'train' and l.id = $1`,
    [id, run],
  );
  return id;
}

const post = (url: string, payload: object, headers: object = {}) =>
  routes.server.inject({ method: "POST", url, payload, headers: { ...headers } });

async function view(url: string, payload: object): Promise<BisectionView> {
  const answer = await post(url, payload);
  if (answer.statusCode >= 300) throw new Error(answer.body);
  return BisectionView.parse(answer.json());
}

const drawn = (run: RunId | null | undefined) =>
  catalog.pool.query("update loramill.runs set state = 'succeeded' where id = $1", [run]);

/** Judges every trial as it has the culprit or not, until the search ends. */
async function search(begun: BisectionView, culprits: readonly string[]): Promise<BisectionView> {
  let now = begun;
  while (now.open !== null) {
    await drawn(now.open.run);
    const trial = now.trials.find(({ number }) => number === now.open?.number);
    const isBad = culprits.every((culprit) => trial?.applied.includes(culprit));
    now = await view(`/v1/bisections/${now.id}/verdicts`, { verdict: isBad ? "bad" : "good", trial: now.open.number });
  }
  return now;
}

test("a planted picture is found among everything that differs, within the trials that were quoted", async () => {
  const good = await trained("dog", ["a", "b", "x"], {});
  const bad = await trained("cat", ["a", "b", "y", "z"], { rank: 16, seed: 9 });
  const request = { project: "dogs", good, bad };
  const quote = (await post("/v1/bisections/quote", request)).json();
  expect(quote.differences.map(({ sentence }: { sentence: string }) => sentence)).toEqual([
    "with the picture y.png",
    "with the picture z.png",
    "without the picture x.png",
    "rank is 16 instead of 8",
    "seed is 9 instead of 1",
  ]);
  expect(quote).toMatchObject({ trials: 4, perTrial: { costMicroUsd: { p50: 0, p90: 0 } } });
  expect((await catalog.bisections.list({})).items, "a quote begins nothing").toEqual([]);

  const begun = await view("/v1/bisections", request);
  expect(begun).toMatchObject({
    ...{ state: "open", project: "dogs", culprits: [], spentMicroUsd: 0 },
    good: { name: "dog", run: expect.stringMatching(/^run_/) },
    bad: { name: "cat", run: expect.stringMatching(/^run_/) },
    grid: { prompts: ["zorb at sea"], seeds: [3, 4], strengths: [0.7] },
    open: { number: 1, runState: "planned", trialsLeft: 4 },
  });
  const first = await catalog.runs.plan({ run: begun.open?.run as RunId });
  expect(first?.spec).toMatchObject({ train: { recipe: { rank: 8, seed: 1 } }, generate: { grid: true } });
  const [source] = first?.spec.dataset.sources ?? [];
  if (source?.type !== "dataset") throw new Error("a trial trains on a version");
  const pictures = await Array.fromAsync(
    readImages(stores, await stores.documents.get("dataset", source.digest ?? "")),
  );
  expect(pictures.map(({ path, caption }) => [path, caption?.text])).toEqual(
    ["a", "b", "x", "y", "z"].map((name) => [`${name}.png`, name]),
  );

  const early = await post(`/v1/bisections/${begun.id}/verdicts`, { verdict: "good" });
  expect([early.statusCode, early.json().code]).toEqual([409, "wrong-state"]);
  const planted = begun.differences[1]?.id ?? "";
  const end = await search(begun, [planted]);
  expect(end).toMatchObject({ state: "found", culprits: [planted], suspects: [], open: null });
  expect(end.trials.length).toBeLessThanOrEqual(quote.trials);
  expect(end.trials.every(({ by }) => by === "operator")).toBe(true);
  const over = await post(`/v1/bisections/${begun.id}/verdicts`, { verdict: "good" });
  expect(over.statusCode).toBe(409);
});

test("differences that are bad only together are found, and combinations that cannot be trained are gone around", async () => {
  const good = await trained("oak", ["a"], {});
  const bad = await trained("elm", ["a"], { rank: 16, seed: 9, learningRate: 0.1 });
  here.impossibleSeed = 9;
  try {
    const end = await search(await view("/v1/bisections", { project: "dogs", good, bad }), [
      "recipe.rank",
      "recipe.learningRate",
    ]);
    expect(end).toMatchObject({ state: "found", culprits: ["recipe.rank", "recipe.learningRate"] });
    const alone = await trained("ash", ["a"], { rank: 16, seed: 9 });
    const seed = await search(await view("/v1/bisections", { project: "dogs", good, bad: alone }), ["recipe.seed"]);
    expect(seed.trials.at(-1)).toMatchObject({ verdict: "skip", run: null, reason: expect.stringContaining("rank") });
    expect(seed).toMatchObject({ state: "found", culprits: ["recipe.seed"], suspects: ["recipe.rank"] });
  } finally {
    here.impossibleSeed = -1;
  }
});

test("money ends it before it is spent, and it goes on with more; stopping cancels the trial", async () => {
  const good = await trained("red", ["a", "b"], {});
  const bad = await trained("blue", ["a", "c"], { rank: 16 });
  here.microUsd = 400_000;
  try {
    const begun = await view("/v1/bisections", { project: "dogs", good, bad, budgetUsd: 1 });
    expect((await catalog.runs.get({ run: begun.open?.run as RunId }))?.budgetMicroUsd).toBe(1_000_000);
    await drawn(begun.open?.run);
    await catalog.pool.query("update loramill.runs set spent_micro_usd = 700000 where id = $1", [begun.open?.run]);
    const refused = await post(`/v1/bisections/${begun.id}/verdicts`, { verdict: "good" });
    expect(refused.json()).toMatchObject({ code: "over-budget", detail: expect.stringContaining("$0.30 left") });
    const resumed = await view(`/v1/bisections/${begun.id}/resume`, { budgetUsd: 2 });
    expect(resumed, "the verdict was kept").toMatchObject({
      trials: [{ verdict: "good" }, { verdict: null }],
      ...{ spentMicroUsd: 700_000, budgetMicroUsd: 2_000_000 },
    });
    const stopped = await view(`/v1/bisections/${begun.id}/stop`, {});
    expect(stopped).toMatchObject({ state: "stopped", open: null });
    expect(await catalog.runs.get({ run: resumed.open?.run as RunId })).toMatchObject({ cancelRequested: true });
  } finally {
    here.microUsd = 0;
  }
});

test("a backend that is away ends no search: the trial begins when it is back", async () => {
  const good = await trained("sun", ["a"], {});
  const bad = await trained("moon", ["a"], { rank: 16, seed: 9, learningRate: 0.1 });
  const begun = await view("/v1/bisections", { project: "dogs", good, bad });
  await drawn(begun.open?.run);
  here.available = false;
  try {
    const refused = await post(`/v1/bisections/${begun.id}/verdicts`, { verdict: "good", reason: "its eyes" });
    expect(refused.json()).toMatchObject({ code: "backend-unavailable" });
  } finally {
    here.available = true;
  }
  const resumed = await view(`/v1/bisections/${begun.id}/resume`, {});
  expect(resumed).toMatchObject({ state: "open", open: { number: 2, runState: "planned" } });
  expect(resumed.trials).toMatchObject([{ verdict: "good", reason: "its eyes" }, { verdict: null }]);
});

test("says what cannot be bisected, and shows nothing to other projects", async () => {
  const good = await trained("one", ["a"], {});
  const same = await trained("two", ["a"], { saveEverySteps: 20 });
  const ask = async (bad: string) => (await post("/v1/bisections", { project: "dogs", good, bad })).json();
  expect(await ask(same)).toMatchObject({ code: "nothing-differs" });
  expect(await ask("nobody")).toMatchObject({ code: "lora-not-found", status: 404 });
  const { id } = await catalog.loras.add({
    ...{ project: (await catalog.projects.ensure("dogs")).id, name: "stranger", document: digestOf("stranger") },
    ...{ family: "pocket", baseModel: "pocket", aliases: [], bytes: 1 },
    ...{ weightsSha256: digestOf("strange weights"), tensorsSha256: digestOf("strange tensors") },
  });
  expect(await ask(id)).toMatchObject({ code: "not-trained-here" });
  const begun = await view("/v1/bisections", { project: "dogs", good, bad: await trained("three", ["b"], {}) });
  for (const path of ["verdicts", "resume", "stop"]) {
    const body = path === "verdicts" ? { verdict: "skip" } : {};
    expect((await post(`/v1/bisections/${begun.id}/${path}`, body, ofProject)).statusCode).toBe(404);
  }
  const listed = await routes.server.inject({ method: "GET", url: "/v1/bisections", headers: ofProject });
  expect(listed.json()).toEqual({ items: [], next: null });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBundle } from "@loramill/bundles";
import { ImportAnswer, type Problem, type ProjectId, type RecipeTemplate } from "@loramill/contracts";
import { presets } from "@loramill/recipes";
import { type OpenedStores, openStores } from "@loramill/storage";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chunksOf, makeRun } from "../../test/bundle-bench.ts";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { bundleRoutes } from "./bundles.ts";

const MOST = 2_000_000;
const bundleReuse = "allowed" as const;
const folder = mkdtempSync(join(tmpdir(), "loramill-bundle-routes-"));
let stores: OpenedStores;
let routes: ServedRoutes;
let project: ProjectId;
beforeAll(async () => {
  stores = await openStores({ url: folder, sync: "never" });
  routes = await serveRoutes((deps) => bundleRoutes({ ...deps, stores }, { maxBundleBytes: MOST, bundleReuse }));
  ({ id: project } = await routes.catalog.projects.ensure("default"));
});
afterAll(async () => {
  await routes.close();
  await stores.close();
  rmSync(folder, { recursive: true, force: true });
});

const mill = () => ({ catalog: routes.catalog, stores, project, close: async () => {} });
const get = (url: string, headers: Record<string, string> = {}) =>
  routes.server.inject({ method: "GET", url, headers });
const importOf = async (...given: Parameters<typeof post>): Promise<ImportAnswer> => {
  const answer = await post(...given);
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return ImportAnswer.parse(answer.json());
};
const post = (payload: Buffer, query = "", headers: Record<string, string> = {}) =>
  routes.server.inject({
    ...{ method: "POST", url: `/v1/bundles${query}`, payload },
    headers: { "content-type": "application/x-tar", ...headers },
  });

test("a run goes out with its size and digest, and comes into the project of its caller", async () => {
  const run = await makeRun(mill(), "dogs one");
  const answer = await get(`/v1/runs/${run}/bundle?without=images,pictures`);
  expect(answer.statusCode).toBe(200);
  const archive = answer.rawPayload;
  expect(Number(answer.headers["content-length"])).toBe(archive.length);
  expect(answer.headers["content-disposition"]).toBe(`attachment; filename="dogs_one-${run.slice(-8)}.loramill.tar"`);
  const { manifest } = await openBundle(chunksOf(archive), { maxBytes: MOST, maxManifestBytes: MOST });
  expect(manifest).toMatchObject({ digest: answer.headers["x-loramill-bundle"], without: ["images", "pictures"] });

  const imported = await importOf(archive, "", ofProject);
  expect(await routes.catalog.runs.get({ run: imported.run as never })).toMatchObject({
    ...{ project: "cats", imported: { originRun: run, originProject: "default", reuse: true } },
  });
  const elsewhere = await post(archive, "?project=dogs&reuse=false");
  expect(ImportAnswer.parse(elsewhere.json()).steps.some(({ reusable }) => reusable)).toBe(false);
});

test("a key sees and fills its own project alone", async () => {
  const run = await makeRun(mill(), "others");
  expect((await get(`/v1/runs/${run}/bundle`, ofProject)).json<Problem>()).toMatchObject({
    status: 404,
    code: "run-not-found",
  });
  expect((await get("/v1/projects/default/bundle", ofProject)).statusCode).toBe(200);
  expect((await get("/v1/projects/dogs/bundle", ofProject)).json<Problem>()).toMatchObject({ status: 403 });
  const { rawPayload } = await get(`/v1/runs/${run}/bundle`);
  expect((await post(rawPayload, "?project=dogs", ofProject)).json<Problem>()).toMatchObject({ status: 403 });
});

test("what is wrong is said: the parts, the file, its size, the project", async () => {
  const run = await makeRun(mill(), "wrong");
  expect((await get(`/v1/runs/${run}/bundle?without=weights`)).json<Problem>()).toMatchObject({ status: 400 });
  expect((await post(Buffer.from("no archive at all"))).json<Problem>()).toMatchObject({
    status: 422,
    code: "bad-bundle",
  });
  await post(Buffer.from("no archive at all"), "?project=never");
  expect((await routes.catalog.projects.list()).map(({ name }) => name)).not.toContain("never");
  expect((await post(Buffer.alloc(0))).json<Problem>()).toMatchObject({ code: "bad-bundle" });
  expect((await get("/v1/projects/nobody/bundle")).json<Problem>()).toMatchObject({ status: 404 });
});

test("the state of a project goes over to another one: recipes, datasets, captions, LoRAs with tags and ratings", async () => {
  const run = await makeRun(mill(), "state");
  const { catalog } = routes;
  const lora = await catalog.loras.find({ project, lora: "state" });
  const key = { project, id: lora?.id ?? "" };
  await catalog.loras.change(key, { addTags: ["best"], notes: "keep", addAliases: ["favourite"] });
  await catalog.loras.rate(key, { by: "jo", stars: 5, comment: "fine" });
  const recipe = { ...presets.pocket, rank: 6 } as RecipeTemplate;
  await catalog.recipes.save({ project, name: "zorbs", description: "mine", recipe });
  const image =
    (await stores.documents.get("parts", (await catalog.runs.get({ run }))?.steps[3]?.output ?? "")).parts[0] ?? "";
  const { captions } = await stores.documents.get("captions", image);

  const saved = await get("/v1/projects/default/bundle");
  expect(saved.statusCode, saved.body.slice(0, 500)).toBe(200);
  expect((await get("/v1/projects/default/bundle")).rawPayload.equals(saved.rawPayload)).toBe(true);
  const first = await importOf(saved.rawPayload, "?project=copy");
  expect(first).toMatchObject({
    kind: "project",
    name: "default",
    run: null,
    isNew: true,
    recipes: { added: 1, kept: [] },
  });
  const copy = (await catalog.projects.ensure("copy")).id;
  const there = await catalog.loras.find({ project: copy, lora: "favourite" });
  expect(there).toMatchObject({ name: "state", tags: ["best"], notes: "keep", stars: 5, source: "trained", run: "" });
  expect((await catalog.recipes.find({ project: copy, name: "zorbs" }))?.recipe).toEqual(recipe);
  expect((await catalog.library.datasets({ project: copy, name: "state" })).items).toMatchObject([
    { version: 1, images: 2 },
  ]);
  const ofImage = { project: copy, image: captions[0]?.image ?? "" };
  expect(await catalog.library.captions(ofImage)).toMatchObject([{ text: captions[0]?.text, provider: "describe/1" }]);
  expect(await catalog.library.image({ project: copy, sha256: ofImage.image })).not.toBeNull();

  await catalog.recipes.save({
    project: copy,
    name: "zorbs",
    description: "",
    recipe: { ...recipe, rank: 9 },
  });
  const second = await importOf(saved.rawPayload, "?project=copy");
  expect(second).toMatchObject({
    isNew: false,
    loras: { added: 0 },
    datasets: { added: 0 },
    recipes: { added: 0, kept: ["zorbs"] },
  });
  expect(second.warnings).toEqual([expect.stringContaining("zorbs")]);
  expect(await catalog.library.captions(ofImage)).toHaveLength(1);
});

import { neutralRecipe, type RecipeTemplate } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

const recipe: RecipeTemplate = {
  ...neutralRecipe,
  family: "sdxl",
  baseModel: "base",
  rank: 32,
  alpha: 16,
  learningRate: 1e-4,
  batchSize: 1,
  epochs: 10,
  resolution: 1024,
  scheduler: "cosine",
  saveEverySteps: 250,
  seed: 1,
};

test("recipes are saved under their name, over an older one, and kept apart by project", async () => {
  const [mine, theirs] = await Promise.all(["mine", "theirs"].map((name) => catalog.projects.ensure(name)));
  if (mine === undefined || theirs === undefined) throw new Error("no projects");
  const save = (name: string, rank: number) =>
    catalog.recipes.save({ project: mine.id, name, description: "of dogs", recipe: { ...recipe, rank } });
  await save("dogs", 16);
  await save("cats", 8);
  await save("dogs", 64);
  expect((await catalog.recipes.list(mine.id)).map(({ name, recipe: { rank } }) => [name, rank])).toEqual([
    ["cats", 8],
    ["dogs", 64],
  ]);
  expect((await catalog.recipes.find({ project: mine.id, name: "dogs" }))?.recipe).toEqual({ ...recipe, rank: 64 });
  expect(await catalog.recipes.find({ project: theirs.id, name: "dogs" })).toBeNull();
  expect(await catalog.recipes.remove({ project: theirs.id, name: "dogs" })).toBe(false);
  expect(await catalog.recipes.remove({ project: mine.id, name: "dogs" })).toBe(true);
  expect((await catalog.recipes.list(mine.id)).map(({ name }) => name)).toEqual(["cats"]);
});

import type { RecipeExplanation, RecipeTemplate } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { recipeRoutes } from "./recipes.ts";

let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(recipeRoutes);
});
afterAll(() => routes.close());

async function presetNamed(name: string): Promise<RecipeTemplate> {
  const answer = await routes.server.inject({ method: "GET", url: "/v1/presets" });
  const { items } = answer.json<{ items: { name: string; recipe: RecipeTemplate }[] }>();
  return items.find((preset) => preset.name === name)?.recipe as RecipeTemplate;
}

async function explain(payload: object): Promise<RecipeExplanation> {
  const answer = await routes.server.inject({ method: "POST", url: "/v1/recipes/explanation", payload });
  expect(answer.statusCode).toBe(200);
  return answer.json();
}

test("a preset is explained field by field, with the reasons that it has", async () => {
  const { fields, issues } = await explain({ recipe: await presetNamed("sdxl"), preset: "sdxl" });
  expect(issues).toEqual([]);
  const rank = fields.find(({ field }) => field === "rank");
  expect(rank).toMatchObject({ group: "network", value: 32, range: "1 to 128" });
  expect(rank?.why).not.toBe("");
});

test("a recipe that was changed says what somebody chose, and what is wrong with it", async () => {
  const recipe = { ...(await presetNamed("sdxl")), rank: 7, resolution: 1000 };
  const { fields, issues } = await explain({ recipe });
  expect(fields.find(({ field }) => field === "rank")?.why).toBe("chosen in this recipe");
  expect(issues).toContainEqual(expect.objectContaining({ field: "resolution", severity: "error" }));
});

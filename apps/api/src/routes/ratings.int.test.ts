import type { GenerationSummary, RatingView } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import type { ApiDeps } from "../deps.ts";
import { generationRoutes } from "./generations.ts";
import { ratingRoutes } from "./ratings.ts";

let routes: ServedRoutes;
beforeAll(async () => {
  const objects = { presign: async (key: string) => `/v1/objects/${key}` };
  routes = await serveRoutes((deps) => async (server) => {
    const given = { ...deps, stores: { objects }, signedObjects: null } as unknown as ApiDeps;
    await server.register(generationRoutes(given, { urlSeconds: 60 }));
    await server.register(ratingRoutes(given));
  });
});
afterAll(() => routes.close());

/** A picture of a project, as a finished job leaves it. */
async function generation(name: string, digit: string): Promise<string> {
  const id = `gen_${digit.repeat(32)}`;
  await routes.catalog.pool.query(
    `insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt,
       negative_prompt, seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds)
     values ($1, $2, 'run', $1, $1, 0, $3, 9, 'image/png', 'a cat', '', 7, 30, 6.5, 'euler', 64, 64, '[]', 'base',
       'pocket', 1)`,
    [id, (await routes.catalog.projects.ensure(name)).id, digit.repeat(64)],
  );
  return id;
}

async function ask<T>(url: string, headers: Record<string, string> = {}) {
  const { statusCode, body } = await routes.server.inject({ url, headers });
  return { status: statusCode, body: JSON.parse(body) as T };
}

const rate = (id: string, stars: number, by: string) =>
  routes.server.inject({ method: "POST", url: `/v1/generations/${id}/ratings`, payload: { stars, by } });

test("a picture shows what people think of it now, and those of one picture are listed by its id or its file", async () => {
  const [ours, theirs] = [await generation("cats", "a"), await generation("dogs", "b")];
  for (const [stars, by] of [
    [1, "ann"],
    [4, "bob"],
    [5, "ann"],
  ] as const) {
    expect((await rate(ours, stars, by)).statusCode).toBe(201);
  }
  await rate(theirs, 2, "ann");

  const listed = await ask<{ items: GenerationSummary[] }>("/v1/generations");
  expect(listed.body.items.map(({ id, stars }) => [id, stars])).toEqual([
    [theirs, { mean: 2, people: 1 }],
    [ours, { mean: 4.5, people: 2 }],
  ]);
  expect((await ask<GenerationSummary>(`/v1/generations/${ours}`)).body.stars).toEqual({ mean: 4.5, people: 2 });
  for (const name of [ours, "a".repeat(64)]) {
    const { body } = await ask<{ items: RatingView[] }>(`/v1/ratings?generation=${name}`);
    expect(body.items.map(({ by, stars }) => [by, stars])).toEqual([
      ["ann", 1],
      ["bob", 4],
      ["ann", 5],
    ]);
  }
});

test("keys of a project see nothing of what is thought of pictures of other projects", async () => {
  expect((await ask<{ items: GenerationSummary[] }>("/v1/generations", ofProject)).body.items).toHaveLength(1);
  const refused = await ask<{ code: string }>(`/v1/ratings?generation=gen_${"b".repeat(32)}`, ofProject);
  expect(refused).toMatchObject({ status: 404, body: { code: "generation-not-found" } });
});

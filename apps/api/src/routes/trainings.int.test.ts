import type { TrainingSummary } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ofProject, type ServedRoutes, serveRoutes } from "../../test/serve-routes.ts";
import { trainingRoutes } from "./trainings.ts";

let routes: ServedRoutes;
beforeAll(async () => {
  routes = await serveRoutes(trainingRoutes);
});
afterAll(() => routes.close());

async function list(query = "", headers: Record<string, string> = {}) {
  const answer = await routes.server.inject({ method: "GET", url: `/v1/trainings${query}`, headers });
  return answer.json<{ items: TrainingSummary[]; next: string | null }>();
}

const named = async (query = "", headers: Record<string, string> = {}) =>
  (await list(query, headers)).items.map(({ name }) => name);

/** A run that prepares pictures and trains a LoRA of its name. */
async function train(project: string, name: string, recipe: object = {}) {
  const { catalog } = routes;
  const { id } = await catalog.projects.ensure(project);
  const params = {
    name,
    backend: "agent",
    triggerWord: "zorb",
    placement: { mode: "cloud", gpu: "NVIDIA L4" },
    recipe: { family: "sdxl", baseModel: "sdxl-1.0", rank: 16, steps: 500, ...recipe },
  };
  const estimate = { items: 1, seconds: 90, microUsd: 0 };
  const steps = [
    { name: "dataset", kind: "dataset" as const },
    { name: "train", kind: "train" as const, job: "train-lora", params, estimate, needs: ["dataset"] },
  ];
  const run = await catalog.runs.create({ project: id, ...trialRun(steps, { name: `${name}-run` }) });
  const step = (await catalog.runs.get({ run }))?.steps[1]?.id ?? "";
  return { run, step, project: id };
}

test("trainings are listed newest first with what their plans say, page by page, by state, family and project", async () => {
  const first = await train("cats", "tom");
  await train("dogs", "rex", { family: "flux" });
  await train("cats", "kit");
  const page = await list("?limit=2");
  expect(page.items.map(({ name }) => name)).toEqual(["kit", "rex"]);
  expect(await named(`?limit=2&cursor=${page.next}`)).toEqual(["tom"]);
  expect(await named("?family=flux")).toEqual(["rex"]);
  expect(await named("?project=dogs")).toEqual(["rex"]);
  expect(await named("?project=nobody")).toEqual([]);
  expect(await named("?state=succeeded")).toEqual([]);
  expect((await list("?project=cats")).items.at(-1)).toMatchObject({
    id: first.step,
    run: first.run,
    runName: "tom-run",
    project: "cats",
    step: "train",
    state: "blocked",
    backend: "agent",
    gpu: "NVIDIA L4",
    family: "sdxl",
    baseModel: "sdxl-1.0",
    rank: 16,
    steps: 500,
    triggerWord: "zorb",
    estimatedSeconds: 90,
    lora: null,
    startedAt: null,
  });
});

test("a key of a project sees the trainings of its project alone, whatever it asks for", async () => {
  expect(await named("", ofProject)).toEqual(["kit", "tom"]);
  expect(await named("?project=dogs", ofProject)).toEqual(["kit", "tom"]);
});

test("a training names its LoRA as long as that is in the library, also where an earlier run made it", async () => {
  const { catalog } = routes;
  const maker = await train("birds", "tit");
  const taker = await train("birds", "tit");
  await catalog.pool.query(
    `insert into loramill.loras (id, project, name, version, document, family, base_model, weights_sha256,
       tensors_sha256, bytes, run, step)
     values ('lor_1', $1, 'tit', 1, 'd', 'sdxl', 'sdxl-1.0', 'w', 't', 1, $2, $3)`,
    [maker.project, maker.run, maker.step],
  );
  await catalog.pool.query(
    "update loramill.steps set state = 'reused', reused_run = $2, reused_step = $3 where id = $1",
    [taker.step, maker.run, maker.step],
  );
  const both = async () => (await list("?project=birds")).items.map(({ lora, reusedFrom }) => [lora, reusedFrom]);
  const lora = { id: "lor_1", name: "tit", version: 1 };
  expect(await both()).toEqual([
    [lora, maker.run],
    [lora, null],
  ]);
  await catalog.loras.remove({ project: maker.project, id: "lor_1" });
  expect(await both()).toEqual([
    [null, maker.run],
    [null, null],
  ]);
});

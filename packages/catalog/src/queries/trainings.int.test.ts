import { trialRun } from "@loramill/testkit";
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

const train = (params: object, seconds: number) => ({
  name: "train",
  kind: "train" as const,
  job: "train-lora",
  params: { backend: "agent", recipe: { family: "sdxl" }, ...params },
  estimate: { items: 1, seconds, microUsd: 0 },
});

test("past trainings are those that ended well, with what was paid for beside what was expected", async () => {
  const project = (await catalog.projects.ensure("trainings")).id;
  const made = async (step: ReturnType<typeof train>, state: string, paid: readonly number[]) => {
    const run = await catalog.runs.create({ project, ...trialRun([step]) });
    const { rows } = await catalog.pool.query("select id from loramill.steps where run = $1", [run]);
    const id: string = rows[0].id;
    await catalog.pool.query("update loramill.steps set state = $2 where id = $1", [id, state]);
    await catalog.pool.query(
      `insert into loramill.jobs (id, run, step, project, name, queue, ordinal, input, state)
       values ($1, $2, $3, $4, 'train-lora', 'train', 0, '{}', 'succeeded')`,
      [`job_${id}`, run, id, project],
    );
    for (const [epoch, seconds] of paid.entries()) {
      await catalog.pool.query(
        `insert into loramill.checkpoints (id, run, job, epoch, step, images_seen, paid_seconds, object_prefix)
         values ($1, $2, $3, $4, $4, 0, $5, '')`,
        [`ckp_${id}_${epoch}`, run, `job_${id}`, epoch, seconds],
      );
    }
  };
  await made(train({}, 100), "succeeded", [40, 120]);
  await made(train({ placement: { mode: "cloud", gpu: "NVIDIA L4" } }, 50), "succeeded", [60]);
  await made(train({}, 100), "failed", [10]);
  await made(train({}, 100), "succeeded", []);
  await made(train({ recipe: { family: "a family of tomorrow" } }, 100), "succeeded", [10]);
  const common = { backend: "agent", family: "sdxl" };
  expect(await catalog.trainings.past()).toEqual([
    { ...common, gpu: "NVIDIA L4", estimatedSeconds: 50, takenSeconds: 60 },
    { ...common, gpu: null, estimatedSeconds: 100, takenSeconds: 120 },
  ]);
});

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

test("finished generations are told newest first, without those of which nothing is kept", async () => {
  const project = (await catalog.projects.ensure("mine")).id;
  const records = [{ seconds: 1 }, null, { seconds: 3 }];
  for (const [at, record] of records.entries()) {
    await catalog.pool.query(
      `insert into loramill.generations (id, project, run, step, job, index, sha256, bytes, media_type, prompt,
         negative_prompt, seed, steps, guidance, sampler, width, height, loras, base_model, backend, seconds, record)
       values ($1, $2, 'run', 'step', 'job', $3, 'a', 9, 'image/png', 'p', '', 0, 4, 1, 'euler', 64, 64, '[]', 'base',
         'pocket', 1, $4)`,
      [`gen_${String(at).padStart(32, "0")}`, project, at, record === null ? null : JSON.stringify(record)],
    );
  }
  expect(await catalog.choosing.pastGenerations()).toEqual([{ seconds: 3 }, { seconds: 1 }]);
});

test("captions come by the run that wrote them, some of each", async () => {
  const project = (await catalog.projects.ensure("mine")).id;
  const write = (run: string, text: string) =>
    catalog.pool.query(
      `insert into loramill.captions (project, image, path, text, provider, raw, run, job)
       values ($1, 'i', 'p', $3, 'simple', $3, $2, 'job')`,
      [project, run, text],
    );
  for (let at = 0; at < 50; at += 1) await write("run_a", `a cat ${at}`);
  await write("run_b", "a dog");
  const captions = await catalog.choosing.captionsOfRuns(["run_a", "run_b", "run_c", "run_a"]);
  expect([...captions.keys()].sort()).toEqual(["run_a", "run_b"]);
  expect(captions.get("run_a")).toHaveLength(40);
  expect(captions.get("run_b")).toEqual(["a dog"]);
  expect(await catalog.choosing.captionsOfRuns([])).toEqual(new Map());
});

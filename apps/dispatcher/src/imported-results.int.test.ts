import { startTestServer, type TestServer } from "@loramill/catalog/testing";
import type { RunId } from "@loramill/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, doneWith, openBench } from "../test/bench.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Makes a run of this catalog one that a bundle brought: what its steps made becomes what they claim. */
async function asImported({ catalog: { pool } }: Bench, run: RunId): Promise<void> {
  const digest = "0".repeat(64);
  await pool.query(
    `insert into loramill.imports (run, project, record, bundle, origin_run, origin_project, exported_by, paid_micro_usd, paid,
       reuse, actor)
     select id, project, $2, $2, id, 'default', 'loramill 0.1.0', 0, '[]', true, 'operator' from loramill.runs where id = $1`,
    [run, digest],
  );
  await pool.query(
    `insert into loramill.imported_results (project, key, run, step, kind, output, items, summary)
     select r.project, a.key, a.run, a.step, a.kind, a.output, a.items, a.summary
     from loramill.artifacts a join loramill.runs r on r.id = a.run where a.run = $1`,
    [run],
  );
  await pool.query("delete from loramill.artifacts where run = $1", [run]);
}

const steps = [{ name: "caption" }, { name: "second", needs: ["caption"] }];

test("what a bundle says was done is taken, said with its reason, and not where reuse is off for the import or the run", async () => {
  await using bench = await openBench(server);
  let made = 0;
  bench.work(async () => doneWith(`work ${made++}`));
  const first = await bench.submit(steps);
  expect(await bench.ended(first)).toMatchObject({ state: "succeeded" });
  await asImported(bench, first);

  const second = await bench.ended(await bench.submit(steps, { name: "again" }));
  expect(second.steps.map(({ state, reusedFrom }) => [state, reusedFrom?.run])).toEqual([
    ["reused", first],
    ["reused", first],
  ]);
  expect(second.steps[0]?.reason).toMatch(/imported from a bundle, which says that it was done elsewhere/);
  expect(made).toBe(2);

  await bench.catalog.pool.query("update loramill.imports set reuse = false");
  const third = await bench.ended(await bench.submit(steps, { name: "distrustful" }));
  expect(third.steps.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
  expect(made).toBe(4);

  // What was made here stands before what bundles say.
  await bench.catalog.pool.query("update loramill.imports set reuse = true");
  const fourth = await bench.ended(await bench.submit(steps, { name: "own" }));
  expect(fourth.steps.map(({ state, reusedFrom }) => [state, reusedFrom?.run])).toEqual([
    ["reused", third.id],
    ["reused", third.id],
  ]);

  const stubborn = await bench.ended(await bench.submit(steps, { policy: { reuse: false } }));
  expect(stubborn.steps.map(({ state }) => state)).toEqual(["succeeded", "succeeded"]);
  expect(made).toBe(6);
});

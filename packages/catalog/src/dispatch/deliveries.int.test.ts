import { afterAll, beforeAll, expect, test } from "vitest";
import { someDigest, startedRun } from "../../test/fixtures.ts";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

let server: TestServer;
let catalog: Catalog & { readonly url: string };
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
});
afterAll(() => server.stop());

test("jobs that are released together are sent by what they load, whosever they are, and else in their order", async () => {
  const start = async (project: string, affinity?: string) => {
    const started = await startedRun(catalog, 3, { project, release: false });
    const planned = `jsonb_set(planned, '{affinity}', to_jsonb($2::text))`;
    if (affinity !== undefined) {
      await catalog.pool.query(`update loramill.steps set planned = ${planned} where id = $1`, [
        started.step,
        affinity,
      ]);
    }
    return started;
  };
  const runs = [
    await start("a", someDigest("ink")),
    await start("b", someDigest("wash")),
    await start("c", someDigest("ink")),
    await start("d"),
  ];
  const { rows } = await catalog.pool.query<{ id: string }>("select id from loramill.jobs order by random()");
  await catalog.dispatch.release(rows.map(({ id }) => id));
  const sent = (await catalog.dispatch.unsent(100)).map(({ job }) => job);
  const owners = sent.map((job) => runs.findIndex(({ jobs }) => jobs.some((each) => each.job === job)));
  const inOrder = [someDigest("ink"), someDigest("wash")].sort();
  const grouped = inOrder.flatMap((affinity) => (affinity === someDigest("ink") ? [0, 0, 0, 2, 2, 2] : [1, 1, 1]));
  expect(owners).toEqual([3, 3, 3, ...grouped]);
});

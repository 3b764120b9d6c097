import { FLEET_PROJECT } from "@loramill/contracts";
import { trialRun } from "@loramill/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog } from "../index.ts";
import { startTestServer, type TestServer } from "../testing.ts";

const DAYS = 30;
const MACHINES = 700;
const TRAININGS = 2_000;
const SLICES = 60_000;

let server: TestServer;
let catalog: Catalog;
beforeAll(async () => {
  server = await startTestServer();
  catalog = await server.open();
  await fill();
});
afterAll(() => server.stop());

/** A month: trainings of 30 minutes in slices of a minute on one machine each, machines that idle, a volume that is paid by the hour. */
async function fill(): Promise<void> {
  const ofRun = async (project: string): Promise<{ run: string; step: string }> => {
    const { id } = await catalog.projects.ensure(project);
    const run = await catalog.runs.create({ project: id, ...trialRun([{ name: "train" }]) });
    return { run, step: (await catalog.runs.get({ run }))?.steps[0]?.id ?? "" };
  };
  const [work, fleet] = [await ofRun("default"), await ofRun(FLEET_PROJECT)];
  const insert = (rows: string, values: unknown[]) =>
    catalog.pool.query(
      `insert into loramill.ledger (id, run, step, job, epoch, ordinal, kind, supplier, quantity, unit, amount_micro_usd, note, pod, at)
       ${rows}`,
      values,
    );
  // Each training is a copy of the first run and step under ids of its own.
  await catalog.pool.query(
    `insert into loramill.runs
     select (jsonb_populate_record(r, jsonb_build_object('id', 'run_' || n, 'name', 'training ' || n))).*
     from loramill.runs r, generate_series(1, $2::int) n where r.id = $1`,
    [work.run, TRAININGS],
  );
  await catalog.pool.query(
    `insert into loramill.steps
     select (jsonb_populate_record(s, jsonb_build_object('id', 'stp_' || n, 'run', 'run_' || n))).*
     from loramill.steps s, generate_series(1, $2::int) n where s.id = $1`,
    [work.step, TRAININGS],
  );
  await insert(
    `select 'led_a' || n, 'run_' || t, 'stp_' || t, 'job_' || t, 1, n, 'training', 'agent:kohya', 60, 'gpu-second', 9000, '',
       'lm-' || (t % ${MACHINES}), '2026-10-01T00:00:00Z'::timestamptz + (t * ${DAYS * 24 * 60} / ${TRAININGS} + k) * interval '1 minute'
     from (select n, 1 + n / ${SLICES / TRAININGS} as t, n % ${SLICES / TRAININGS} as k from generate_series(0, ${SLICES - 1}) n) each`,
    [],
  );
  await insert(
    `select 'led_b' || n, $1, $2, 'job_fleet' || (n % ${MACHINES}), 1, n, 'compute', 'runpod', 120, 'gpu-second', 4001, '', 'lm-' || (n % ${MACHINES}),
       '2026-10-01T00:00:00Z'::timestamptz + n * interval '5 minutes'
     from generate_series(0, ${MACHINES * 4 - 1}) n`,
    [fleet.run, fleet.step],
  );
  await insert(
    `select 'led_c' || n, $1, $2, 'job_volume', 1, n, 'storage', 'runpod', 1, 'hour', 9722, '', null,
       '2026-10-01T00:30:00Z'::timestamptz + n * interval '1 hour'
     from generate_series(0, ${DAYS * 24 - 1}) n`,
    [fleet.run, fleet.step],
  );
  await catalog.pool.query("analyze");
}

const TOTAL = SLICES * 9_000 + MACHINES * 4 * 4_001 + DAYS * 24 * 9_722;

/** Of the 60 that a query may take; it takes three on a quiet machine. */
const MOST_MS = 30_000;

test.each(["run", "artifact", "day", "pod"] as const)(
  "a month of 60,000 slices on 700 machines is added up by %s in a few passes over the ledger",
  async (by) => {
    const started = performance.now();
    const { totalMicroUsd } = await catalog.costs.report({ by, limit: 10 });
    expect(totalMicroUsd).toBe(TOTAL);
    expect(performance.now() - started).toBeLessThan(MOST_MS);
  },
);

import { expect, onTestFinished, test } from "vitest";
import type { Role } from "../support/fleet.ts";
import { expectBalance, startMachineMill } from "../support/machines.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const role = (app: Role["app"], ready: string): Role => ({ app, ready, processes: 1, lifeMs: [1_000, 2_000] });
const roles = [
  role("api", "listening"),
  role("dispatcher", "leads"),
  role("curator", "taking jobs"),
  role("trainer", "taking jobs"),
  role("provisioner", "taking jobs"),
];

/** A volume in a data centre without machines, behind an address at which nobody answers. */
const VOLUME_ENV = {
  FLEET_VOLUMES: JSON.stringify([{ id: "vol1", region: "EU-RO-1", path: "/workspace" }]),
  ...{ FLEET_SYNC_SECONDS: "1", RUNPOD_S3_URL: "http://127.0.0.1:9/{region}" },
  ...{ RUNPOD_S3_ACCESS_KEY_ID: "user_1", RUNPOD_S3_SECRET_ACCESS_KEY: "rps_1" },
};

test("a training that no machine can take gets one by itself, which is given back; what it cost is what RunPod bills", async ({
  skip,
}) => {
  // A machine of the tests that is busy for some seconds is neither an agent that has fallen silent nor one that never answers.
  const env = { FLEET_SILENT_SECONDS: "60", FLEET_ANSWER_SECONDS: "60", ...VOLUME_ENV };
  const mill = await startMachineMill({ roles, kills: 0, seed: 1, stepMs: 100, env });
  if (mill === null) return skip("no redis-server and no TEST_REDIS_URL: the fleet was not tried");
  onTestFinished(mill.close);
  const { client, runpod, catalog, processes } = mill;
  await processes.killed;
  expect(processes.complaints).toEqual([]);
  expect((await runpod.account()).pods).toEqual([]);

  const run = await finished(client, (await client.createRun(mill.spec(1))).id);
  expect(run.error).toBeNull();
  expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: 100 });
  expect((await mill.trainer.starts()).length).toBe(1);

  const billed = await expectBalance(mill);
  expect(run.spentMicroUsd).toBeGreaterThan(0);
  expect(run.spentMicroUsd).toBeLessThan(billed);
  const filling = await client.listRuns({ state: "running" });
  expect(filling.items).toMatchObject([{ name: "fill-vol1", project: "fleet" }]);
  const tries = await eventually(
    "the volume was asked, and did not answer",
    async () =>
      (
        await catalog.pool.query("select data from loramill.run_events where run = $1 and type = 'job.retrying'", [
          filling.items[0]?.id,
        ])
      ).rows,
    ({ length }) => length > 0,
  );
  expect(tries[0]).toMatchObject({ data: { error: { class: "transient", code: "storage-unreachable" } } });
  const [pod] = await catalog.fleet.pods();
  const tended = await finished(client, pod?.run ?? "");
  expect(tended).toMatchObject({ state: "succeeded", project: "fleet", spentMicroUsd: billed - run.spentMicroUsd });
  expect((await runpod.account()).pods).toHaveLength(1);

  // All of the machine was for it: boot and idle time are its own, as it was quoted.
  const { quote, outcome } = await eventually(
    "the bill is held against the quote",
    () => client.cost(run.id),
    ({ outcome }) => outcome !== null,
  );
  expect(quote?.steps.find(({ name }) => name === "train")?.parts.map(({ part }) => part)).toContain("boot");
  expect(outcome).toMatchObject({ billedMicroUsd: billed, expectedMicroUsd: quote?.expectedMicroUsd });
  expect(processes.complaints).toEqual([]);
  expect(await processes.stop()).toEqual(roles.map(() => 0));
});

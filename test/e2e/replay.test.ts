import { join } from "node:path";
import { openCatalog } from "@loramill/catalog";
import { startEmbeddedPostgres } from "@loramill/embedded";
import { expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { createCli } from "../support/cli.ts";
import { openMill } from "../support/open-mill.ts";
import { finished, smallSpec, stepOf } from "../support/runs.ts";

const mill = openMill();
const loramill = createCli({ cwd: mill.at(), env: { DATA_DIR: mill.at("data") } });
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A training of a few steps, and one picture with it. */
const spec = (seed: number) =>
  smallSpec(mill.at("pictures"), {
    train: { recipe: { steps: 4, batchSize: 2, saveEverySteps: 3, rank: 4 } },
    generate: { prompts: ["a photo of zorb"], seeds: [seed], strengths: [1], steps: 4 },
  });

/** Writes into the catalog that a run's pictures are those of another one. */
async function plant(run: string, output: string | null): Promise<void> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(mill.at("data"), "postgres") });
  const clock = { now: () => new Date() };
  const catalog = openCatalog({ connection: postgres.connectionString, poolSize: 1, clock, log: quiet });
  try {
    await catalog.pool.query("update loramill.steps set output = $2 where run = $1 and name = 'generate'", [
      run,
      output,
    ]);
  } finally {
    await catalog.close();
    await postgres.stop();
  }
}

test("a run gives exactly the same again, step by step, and an output that is not what it makes is found", async () => {
  await drawSamplePictures(mill.at("pictures"));
  const first = await mill.client.createRun(spec(1));
  expect((await finished(mill.client, first.id)).state).toBe("succeeded");

  const same = await loramill("--json", "replay", first.id, "--verify");
  expect(same.err.split("\n").filter((line) => line.includes("error"))).toEqual([]);
  const { run, report } = JSON.parse(same.out);
  expect(report).toMatchObject({ of: first.id, verdict: "identical", firstDifferent: null });
  const compared = report.steps.map((step: { step: string; verdict: string }) => [step.step, step.verdict]);
  expect(compared).toEqual(
    ["source", "prepare", "dataset", "caption", "train", "generate"].map((name) => [name, "identical"]),
  );
  expect(same.code).toBe(0);
  expect(run).toMatchObject({ replayOf: first.id, state: "succeeded" });
  expect(stepOf(run, "train"), "it was trained again").toMatchObject({ state: "succeeded", reusedFrom: null });
  const { items } = await mill.client.loras.list({});
  expect(items, "a replay adds nothing to the library").toHaveLength(1);

  const other = await mill.client.createRun(spec(2));
  expect((await finished(mill.client, other.id)).state).toBe("succeeded");
  const differ = await loramill("diff", first.id, other.id);
  expect(differ.code).toBe(1);
  expect(differ.out).toMatch(/generate: grid\.seeds is \[2\] instead of \[1\]\n {2}makes anew generate: /);

  await plant(first.id, stepOf(await mill.client.getRun(other.id), "generate").output);
  const tampered = await loramill("replay", first.id, "--verify", "--step", "generate");
  expect(tampered.out).toMatch(/generate does not repeat itself: item 0 differs: by up to \d+ of 255 levels/);
  expect(tampered.code).toBe(1);
});

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawSamplePictures } from "../../scripts/sample-pictures.ts";
import { type MillProcess, makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, smallSpec, stepOf } from "../support/runs.ts";

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  await drawSamplePictures(pictures);
});
afterAll(() => data.remove());

const spec = smallSpec(pictures, {
  train: { recipe: { steps: 120, batchSize: 8, saveEverySteps: 20, rank: 4, seed: 7 } },
  generate: { prompts: ["a photo of zorb", "zorb at night"], seeds: [1, 2, 3, 4], strengths: [0, 1], steps: 8 },
});

test("kill -9 in every step: the run completes, nothing is done twice, the LoRA is the one of an undisturbed run", async () => {
  const calm = await startMill({ dataDir: join(data.path, "calm") });
  const undisturbed = await finished(calm.client, (await calm.client.createRun(spec)).id);
  expect(undisturbed.state).toBe("succeeded");
  const wanted = await loraTensors(calm, undisturbed.id);
  expect(await calm.stop()).toBe(0);

  const dataDir = join(data.path, "killed");
  let mill = await startMill({ dataDir });
  const { id } = await mill.client.createRun(spec);
  for (const step of ["prepare", "caption", "train", "generate"]) {
    await eventually(
      `step ${step} runs`,
      () => mill.client.getRun(id),
      (run) => {
        const view = stepOf(run, step);
        const started = view.state === "running" && (step !== "train" || Number(view.progress?.step ?? 0) >= 20);
        return started || view.state === "succeeded";
      },
    );
    await mill.crash();
    mill = await startMill({ dataDir });
  }
  const run = await finished(mill.client, id);
  expect(run.error).toBeNull();
  expect(run.state).toBe("succeeded");
  for (const step of run.steps) expect(step.jobs.succeeded).toBe(step.jobs.total);

  // Every step has one output, and its jobs one success each; the lost attempts are in the ledger as well.
  const cost = await mill.client.cost(id);
  expect(cost.totalMicroUsd).toBe(cost.entries.reduce((sum, entry) => sum + entry.amountMicroUsd, 0));
  const artifacts = await mill.client.listArtifacts(id);
  expect(artifacts.items.filter((item) => item.kind === "lora-weights")).toHaveLength(1);
  expect(artifacts.items.filter((item) => item.kind === "image")).toHaveLength(16);
  expect(await loraTensors(mill, id)).toBe(wanted);
  expect(await mill.stop()).toBe(0);
});

/** Digest of the LoRA's tensors alone: equal for equal trainings, whatever the metadata says. */
async function loraTensors(mill: MillProcess, run: string): Promise<string> {
  const { items } = await mill.client.listArtifacts(run);
  const lora = items.find((item) => item.kind === "lora-weights");
  if (!lora) throw new Error(`run ${run} made no LoRA`);
  return String(lora.metadata.tensorsSha256);
}

import { join } from "node:path";
import type { RunSpecInput } from "@loramill/contracts";
import { type ComfyUiMove, startFakeComfyUiServer } from "@loramill/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { drawCaptionedPictures } from "../support/draw-pictures.ts";
import { makeDataDir, startMill } from "../support/mill.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const USD_PER_HOUR = 3.6;

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(() => drawCaptionedPictures(pictures));
afterAll(() => data.remove());

const spec: RunSpecInput = {
  name: "drawings",
  dataset: { sources: [{ type: "folder", path: pictures }] },
  train: { preset: "sdxl", backend: "comfyui", recipe: { steps: 40, resolution: 512 } },
};

test("a LoRA is trained on ComfyUI through kill -9 in each phase: one prompt, one LoRA, its time in the ledger", async () => {
  const comfyui = await startFakeComfyUiServer({ stepMs: 5 });
  onTestFinished(() => comfyui.close());
  const options = {
    dataDir: join(data.path, "mill"),
    env: {
      COMFYUI_API_URL: comfyui.url,
      COMFYUI_POLL_SECONDS: "0.2",
      COMFYUI_USD_PER_HOUR: `${USD_PER_HOUR}`,
      QUEUE_HEARTBEAT_SECONDS: "0.2",
    },
  };
  /** Where the server keeps the mill waiting until it is killed. */
  const phases: readonly (readonly [what: string, path: string])[] = [
    ["it sends pictures", "/upload"],
    ["it looks how far the training is", "/queue"],
    ["it looks for the file", "/view"],
  ];
  const hangs = phases.map(([, path]): ComfyUiMove => ({ kind: "hang", path }));
  let mill = await startMill(options);
  onTestFinished(() => mill.crash());
  // The prompt waits until the mill has been killed while it looks at it.
  comfyui.runner.pause();
  comfyui.misbehave({ kind: "lose-receipt" }, ...hangs.slice(0, 1));
  const { id } = await mill.client.createRun(spec);
  for (const [index, [what]] of phases.entries()) {
    await eventually(
      what,
      async () => comfyui.hanging,
      (count) => count > index,
    );
    await mill.crash();
    comfyui.misbehave(...hangs.slice(index + 1, index + 2));
    if (index === 1) comfyui.runner.resume();
    mill = await startMill(options);
  }
  const run = await finished(mill.client, id);
  expect(run).toMatchObject({ state: "succeeded", error: null });
  expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: 40 });
  expect(comfyui.submitted).toHaveLength(1);
  expect(comfyui.runner.files.names("output/loras")).toHaveLength(1);
  const cost = await mill.client.cost(id);
  expect(cost.totalMicroUsd).toBe(run.spentMicroUsd);
  expect(run.spentMicroUsd).toBeGreaterThan(0);
  const { items } = await mill.client.listJobs(id, { step: "train" });
  expect(await mill.client.jobLog(items[0]?.id ?? "")).toContain("is saved on");
  expect(await mill.stop()).toBe(0);
});

test("a cancelled run stops its training on ComfyUI", async () => {
  const comfyui = await startFakeComfyUiServer({ stepMs: 100 });
  onTestFinished(() => comfyui.close());
  const env = { COMFYUI_API_URL: comfyui.url, COMFYUI_POLL_SECONDS: "0.2" };
  const mill = await startMill({ dataDir: join(data.path, "cancelled"), env });
  onTestFinished(() => mill.crash());
  const { id } = await mill.client.createRun({
    ...spec,
    train: { ...spec.train, recipe: { steps: 4000, resolution: 512 } },
  });
  await eventually(
    "it trains",
    async () => comfyui.runner.steps.size,
    (count) => count > 0,
  );
  await mill.client.cancelRun(id);
  expect((await finished(mill.client, id)).state).toBe("cancelled");
  expect(comfyui.runner.running).toBeNull();
  expect(comfyui.submitted).toHaveLength(1);
  expect(await mill.stop()).toBe(0);
});

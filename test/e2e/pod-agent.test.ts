import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RunSpecInput } from "@loramill/contracts";
import { freePort, installScriptedTrainer, startS3Server, waitUntil } from "@loramill/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { drawCaptionedPictures } from "../support/draw-pictures.ts";
import { makeDataDir, startMill, storageEnv } from "../support/mill.ts";
import { processEnv } from "../support/process-env.ts";
import { eventually, finished, stepOf } from "../support/runs.ts";

const AGENT = resolve(import.meta.dirname, "../../apps/pod-agent/src/main.ts");
const TOKEN = "a token that nobody may see";

const data = makeDataDir();
const pictures = join(data.path, "pictures");

beforeAll(() => drawCaptionedPictures(pictures));
afterAll(() => data.remove());

const spec: RunSpecInput = {
  name: "sdxl",
  dataset: { sources: [{ type: "folder", path: pictures }] },
  train: { preset: "sdxl", backend: "agent", recipe: { steps: 100, saveEverySteps: 20, resolution: 512, rank: 4 } },
};

interface Pod {
  /** SIGTERM, as of a spot pod; its disk is gone with it. */
  preempt(): Promise<void>;
}

async function startPod(port: number, trainer: { readonly folder: string; readonly python: string }): Promise<Pod> {
  const workspace = join(data.path, "pod");
  const agent = spawn(process.execPath, [AGENT], {
    env: {
      ...processEnv(),
      AGENT_TOKEN: TOKEN,
      AGENT_PORT: String(port),
      AGENT_WORKSPACE: workspace,
      SD_SCRIPTS_DIR: trainer.folder,
      SD_SCRIPTS_PYTHON: trainer.python,
    },
    stdio: "inherit",
  });
  const exited = new Promise<void>((done) => agent.once("exit", () => done()));
  const pod = {
    async preempt() {
      agent.kill("SIGTERM");
      await exited;
      rmSync(workspace, { recursive: true, force: true });
    },
  };
  onTestFinished(pod.preempt);
  await waitUntil("the agent listens", async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
  return pod;
}

test("a LoRA is trained on a pod through kill -9 of the mill and a preemption: one LoRA, continuous steps, its price", async () => {
  const s3 = await startS3Server();
  onTestFinished(() => s3.stop());
  // It waits between its first checkpoint and its second one for what is done to its machine.
  const trainer = await installScriptedTrainer(join(data.path, "trainer"), { stepMs: 20, waitsAfterSteps: 39 });
  const port = await freePort();
  const pod = await startPod(port, trainer.installed);
  const options = {
    dataDir: join(data.path, "mill"),
    env: {
      ...storageEnv(s3),
      AGENT_URLS: `http://127.0.0.1:${port}`,
      AGENT_TOKEN: TOKEN,
      AGENT_POLL_SECONDS: "1",
      AGENT_USD_PER_HOUR: "3.6",
      QUEUE_HEARTBEAT_SECONDS: "0.2",
    },
  };
  let mill = await startMill(options);
  onTestFinished(() => mill.crash());
  const { id } = await mill.client.createRun(spec);
  await waitUntil("it trains", async () => (await trainer.steps()).length > 3, { timeoutMs: 120_000 });
  await mill.crash();
  mill = await startMill(options);
  await eventually(
    "a checkpoint is in the catalog",
    () => mill.client.listEvents(id),
    ({ items }) => items.some(({ type }) => type === "training.checkpoint"),
  );
  expect(await trainer.starts()).toEqual([0]);
  await pod.preempt();
  await trainer.behave({ stepMs: 20 });
  await startPod(port, trainer.installed);

  const run = await finished(mill.client, id);
  expect(run.error).toBeNull();
  expect(run.state).toBe("succeeded");
  expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: 100 });
  const starts = await trainer.starts();
  expect(starts.length).toBe(2);
  expect((starts[1] ?? 0) % 20).toBe(0);
  expect(starts[1]).toBeGreaterThanOrEqual(20);
  expect(run.spentMicroUsd).toBeGreaterThan(0);
  const { items } = await mill.client.listJobs(id, { step: "train" });
  expect(await mill.client.jobLog(items[0]?.id ?? "")).toContain("running training");
  expect(await mill.stop()).toBe(0);
  expect(mill.output()).not.toContain(TOKEN);
});

test("an agent reaches a folder store through the API under PUBLIC_URL", async () => {
  const trainer = await installScriptedTrainer(join(data.path, "trainer-of-folder"));
  const [port, apiPort] = [await freePort(), await freePort()];
  await startPod(port, trainer.installed);
  const mill = await startMill({
    dataDir: join(data.path, "mill-of-folder"),
    env: {
      API_PORT: String(apiPort),
      PUBLIC_URL: `http://127.0.0.1:${apiPort}`,
      AGENT_URLS: `http://127.0.0.1:${port}`,
      AGENT_TOKEN: TOKEN,
      AGENT_POLL_SECONDS: "1",
    },
  });
  onTestFinished(() => mill.crash());
  const run = await finished(mill.client, (await mill.client.createRun(spec)).id);
  expect(run.error).toBeNull();
  expect(stepOf(run, "train").summary).toMatchObject({ loras: 1, steps: 100 });
  expect(await mill.stop()).toBe(0);
});
